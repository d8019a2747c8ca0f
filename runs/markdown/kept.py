"""An answer's HTML, kept in the cache: it is laid out once, not each time a page shows it."""

import logging

from django.core.cache import cache
from django.utils.safestring import SafeString, mark_safe
from redis.exceptions import RedisError

from runs.markdown.bounds import digest, render_markdown

# Raised when the same text is laid out differently than before.
LAYOUT = 4
KEPT_S = 24 * 3600

logger = logging.getLogger(__name__)


def kept_html(text: str) -> SafeString:
    """The text's safe HTML. Without a cache it only takes longer."""
    key = f"markdown:{LAYOUT}:{digest(text)}"
    known = _read(key)
    if known is not None:
        return mark_safe(known)  # noqa: S308 - only `_keep` writes it
    html = render_markdown(text)
    _keep(key, html)
    return html


def _read(key: str) -> str | None:
    try:
        found: str | None = cache.get(key)
    except (RedisError, OSError):
        return None
    return found


def _keep(key: str, html: str) -> None:
    try:
        cache.set(key, str(html), KEPT_S)
    except (RedisError, OSError):
        logger.warning("an answer's HTML isn't kept: the cache is away")
