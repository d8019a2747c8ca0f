"""How long a page of the site takes while something else goes on."""

import http.client
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from urllib.parse import urlsplit

from bench.measure import percentile
from bench.site import AS_NGINX, TIMEOUT_S, Site

PAGE = "/runs/"
PAUSE_S = 0.1
WARM_UP = 10


def page_p95_ms(
    site: Site, address: str, seconds: float, meanwhile: Callable[[], object] | None
) -> float:
    """The 95th percentile of the page's time, read about ten times a second."""
    headers = {**AS_NGINX, "Cookie": f"sessionid={site.new_session()}"}
    with ThreadPoolExecutor(1) as pool:
        other = pool.submit(meanwhile) if meanwhile else None
        times_ms = _times_ms(urlsplit(address).netloc, headers, seconds)
        if other:
            other.result()
    return percentile(times_ms, 0.95)


def _times_ms(netloc: str, headers: dict[str, str], seconds: float) -> list[float]:
    connection = http.client.HTTPConnection(netloc, timeout=TIMEOUT_S)
    times_ms: list[float] = []
    for _ in range(WARM_UP):
        connection.request("GET", PAGE, headers=headers)
        connection.getresponse().read()
    ends_at = time.perf_counter() + seconds
    while (began_s := time.perf_counter()) < ends_at:
        connection.request("GET", PAGE, headers=headers)
        answer = connection.getresponse()
        answer.read()
        if answer.status != HTTPStatus.OK:
            raise RuntimeError(f"the page has the status {answer.status}")
        times_ms.append(1000 * (time.perf_counter() - began_s))
        time.sleep(PAUSE_S)
    connection.close()
    return times_ms
