"""The HTTP server: paces, bills and breaks off what is answered."""
