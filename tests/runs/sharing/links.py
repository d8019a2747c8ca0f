"""Links, made as their owner makes them."""

import re

from django.test import Client

from runs.models import Run


def link_of(browser: Client, run: Run, **sent: str) -> str:
    """Make a link; its path."""
    html = browser.post(f"/runs/{run.pk}/share/", {"days": "7", **sent}).content.decode()
    (key,) = re.findall(r"/shared/([\w-]+)/", html)
    return f"/shared/{key}/"
