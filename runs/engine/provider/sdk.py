"""The official SDK's client over our own transport: it builds requests, we read the streams."""

from typing import TYPE_CHECKING, Any

import httpx2

from runs.engine.provider.transport import CoalescingTransport

if TYPE_CHECKING:
    from openai import AsyncOpenAI

CONNECT_TIMEOUT_S = 5.0


def open_client(
    *, api_key: str, base_url: str | None, read_timeout_s: float, coalesce_s: float
) -> "AsyncOpenAI":
    """A client that never tries again by itself. Belongs to the event loop of its first request."""
    # The import takes more than a second, which only those who call a model should pay.
    from openai import AsyncOpenAI

    return AsyncOpenAI(
        api_key=api_key,
        base_url=base_url,
        max_retries=0,
        timeout=httpx2.Timeout(read_timeout_s, connect=CONNECT_TIMEOUT_S),
        http_client=httpx2.AsyncClient(
            transport=CoalescingTransport(coalesce_s=coalesce_s), trust_env=False
        ),
        default_headers={"Accept-Encoding": "identity"},
    )


async def send(create: Any, *, secret: str, traceparent: str = "", **asked: Any) -> httpx2.Response:
    """The response of a streaming method of the SDK's, once its headers are there.

    Raises `ProviderError`, which never tells the `secret`.
    """
    from openai import OpenAIError

    from runs.engine.provider.sdk_errors import provider_error

    headers = {"traceparent": traceparent} if traceparent else None
    try:
        response = await create(extra_headers=headers, **asked).__aenter__()
    except (OpenAIError, httpx2.HTTPError, httpx2.InvalidURL) as error:
        raise provider_error(error, secret) from error
    answered: httpx2.Response = response.http_response
    return answered
