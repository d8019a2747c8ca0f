"""What a page must not do: complain in the console, break the CSP, talk to other hosts."""

from playwright.sync_api import ConsoleMessage, Error, Page, Request

# Chromium's own words for an answer of 400 or above and for a server that is away: what a page
# does about these is for the tests to say.
NETWORK = ("Failed to load resource", "WebSocket connection to")
COMPLAINTS = ("error", "warning")


class Watch:
    """Collects a page's complaints."""

    def __init__(self, page: Page, site: str) -> None:
        self.complaints: list[str] = []
        self.sites = (site, site.replace("http://", "ws://"), "data:")
        page.on("console", self._console)
        page.on("pageerror", self._error)
        page.on("request", self._request)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in COMPLAINTS and not message.text.startswith(NETWORK):
            self.complaints.append(message.text)

    def _error(self, error: Error) -> None:
        self.complaints.append(str(error))

    def _request(self, request: Request) -> None:
        if not request.url.startswith(self.sites):
            self.complaints.append(f"request to {request.url}")
