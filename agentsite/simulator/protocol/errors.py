"""OpenAI's error shape, for every way a request can be refused."""

from collections.abc import Mapping

import orjson
from aiohttp import web


class ApiError(Exception):
    """A refusal that is answered as OpenAI answers it; nothing is billed for it."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        kind: str = "invalid_request_error",
        code: str | None = None,
        param: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"error": {"message": message, "type": kind, "param": param, "code": code}}
        self.headers = dict(headers or {})

    def response(self, request_id: str) -> web.Response:
        """The HTTP answer for this refusal."""
        return web.Response(
            status=self.status,
            body=orjson.dumps(self.body),
            content_type="application/json",
            headers={**self.headers, "x-request-id": request_id},
        )


def bad_request(message: str, param: str | None = None, code: str | None = None) -> ApiError:
    """A 400 that names the parameter at fault."""
    return ApiError(400, message, param=param, code=code)
