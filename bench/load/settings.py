"""Who the load signs in as, and what its requests carry; from `LOAD_` variables."""

import json
import os
from urllib.parse import urlsplit

# The people, separated by commas, with one password.
EMAILS = os.environ["LOAD_EMAILS"].split(",")
PASSWORD = os.environ["LOAD_PASSWORD"]
# Headers of every request, as JSON: such as what a proxy before the site would add.
HEADERS: dict[str, str] = json.loads(os.environ.get("LOAD_HEADERS", "{}"))
BEARER = {"Authorization": f"Bearer {os.environ['LOAD_TOKEN']}", **HEADERS}
# Added to each task: such as directives for the simulated model.
SUFFIX = os.environ.get("LOAD_TASK_SUFFIX", "")


def task(text: str) -> str:
    """A task's text as it is submitted."""
    return f"{text} {SUFFIX}".strip()


def origin(host: str) -> str:
    """What a browser names as the origin of its forms."""
    url = urlsplit(host)
    scheme = HEADERS.get("X-Forwarded-Proto", url.scheme)
    return f"{scheme}://{url.netloc}"
