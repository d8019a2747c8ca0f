"""The site's server: uvicorn's fast HTTP and daphne's WebSockets, on one loop and one port."""
