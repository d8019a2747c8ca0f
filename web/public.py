"""The site's own address, for what is read elsewhere than on the page that was asked for."""

from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest


def public_url(request: HttpRequest) -> str:
    """Without a slash at its end. A request may claim any port, so it is asked at last."""
    return settings.PUBLIC_URL or request.build_absolute_uri("/").rstrip("/")


def public_name(request: HttpRequest) -> str:
    """The name, and the port if it has one."""
    return urlsplit(public_url(request)).netloc
