"""The site's table of addresses, for tests of all of them."""

from collections.abc import Iterator

from django.urls import URLPattern, URLResolver


def routes(resolver: URLResolver, begin: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Every route below a resolver with its whole path."""
    for part in resolver.url_patterns:
        path = begin + str(part.pattern)
        if isinstance(part, URLResolver):
            yield from routes(part, path)
        else:
            yield path, part
