"""Says of an address that it goes away: in headers for programs, and in the OpenAPI document."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.http import http_date


@dataclass(frozen=True, slots=True)
class Deprecation:
    """Since when an address is not to be used any more, and from when it may be gone.

    `see` is the address of what to do instead.
    """

    since: datetime
    see: str
    sunset: datetime | None = None

    @property
    def headers(self) -> dict[str, str]:
        """`Deprecation` (RFC 9745), `Link`, and `Sunset` (RFC 8594) once that is known."""
        links = [f'<{self.see}>; rel="deprecation"; type="text/html"']
        headers = {"Deprecation": f"@{int(self.since.timestamp())}"}
        if self.sunset:
            headers["Sunset"] = http_date(self.sunset.timestamp())
            links.append(f'<{self.see}>; rel="sunset"; type="text/html"')
        return {**headers, "Link": ", ".join(links)}
