"""Patterns, tools and model providers of installed packages, found by their entry points."""

from collections.abc import Iterator
from importlib.metadata import EntryPoint, entry_points
from typing import Any

PATTERNS = "agentsite.patterns"
TOOLS = "agentsite.tools"
MODELS = "agentsite.models"


def found(group: str) -> Iterator[tuple[str, Any]]:
    """What installed packages offer, by name, with where it comes from.

    Raises ImportError for what can't be loaded: a package that is installed is meant to be used.
    """
    for entry in sorted(entry_points(group=group), key=lambda entry: entry.name):
        yield _source(entry), _load(entry)


def names(group: str) -> frozenset[str]:
    """What installed packages offer, by name; nothing is loaded."""
    return frozenset(entry_points(group=group).names)


def load(group: str, name: str) -> Any:
    """One of them. Raises ValueError where it can't be loaded, or two packages offer it."""
    first, *others = entry_points(group=group, name=name) or (None,)
    if first is None:
        raise ValueError(f"no package offers {group} “{name}”")
    if others:
        raise ValueError(f"{_source(first)} is offered by another package as well")
    try:
        return _load(first)
    except ImportError as error:
        raise ValueError(str(error)) from error


def versions() -> list[str]:
    """Which packages' offers there are, each with its version."""
    groups = (PATTERNS, TOOLS, MODELS)
    offers = (entry for group in groups for entry in entry_points(group=group))
    return sorted(
        f"{_source(entry)} {entry.dist.version if entry.dist else ''}" for entry in offers
    )


def _load(entry: EntryPoint) -> Any:
    try:
        return entry.load()
    except Exception as error:
        raise ImportError(f"{_source(entry)} can't be loaded: {error}") from error


def _source(entry: EntryPoint) -> str:
    package = f" of the package {entry.dist.name}" if entry.dist else ""
    return f"{entry.group} “{entry.name}”{package}"
