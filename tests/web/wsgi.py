"""Requests to the WSGI application in this process, in a thread as a server has them."""

import io
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import unquote

from tests.asgi import Answer


def ask_wsgi(
    server: ThreadPoolExecutor, path: str, *, method: str = "GET", host: str = "site", cookie: str
) -> Answer:
    """Send a request without a body and read the whole answer."""
    return server.submit(_ask, path, method, host, cookie).result(30)


def _ask(path: str, method: str, host: str, cookie: str) -> Answer:
    from agentsite.wsgi import application

    started: list[Any] = []
    environ: dict[str, Any] = {
        "REQUEST_METHOD": method,
        "PATH_INFO": unquote(path, "latin-1"),
        "QUERY_STRING": "",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "HTTP_HOST": host,
        "HTTP_COOKIE": cookie,
        "CONTENT_LENGTH": "0",
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": io.StringIO(),
        "wsgi.url_scheme": "http",
    }
    response = application(environ, lambda *start: started.append(start))
    try:
        body = b"".join(response)
    finally:
        if hasattr(response, "close"):
            response.close()
    status, headers = started[-1][:2]
    named = {name.encode(): value.encode("latin-1") for name, value in headers}
    return Answer(int(status.split()[0]), named, body)
