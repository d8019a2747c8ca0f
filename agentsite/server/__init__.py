"""The site's ASGI server: daphne, which reads no more of a request than the site would take."""
