"""The tools that a submission asks for."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from runs.engine.tools.registry import TOOLS
from runs.errors import InvalidSubmission, SubmissionTooLarge
from runs.selectors.tools import servers_tools
from runs.services.supply import Supply

# Each call of a run is sent all that its tools declare.
MAX_DECLARED_BYTES = 100_000


@dataclass(frozen=True, slots=True)
class ChosenTools:
    """Their names, and what those of MCP servers declare: the run keeps it."""

    names: tuple[str, ...]
    declared: dict[str, dict[str, Any]]


def chosen_tools(names: tuple[str, ...] | None, supply: Supply) -> ChosenTools:
    """The tools of these names; without any, all of the site's own.

    Those of MCP servers are asked for by name, in a query. Raises `InvalidSubmission`.
    """
    if names is None:
        return ChosenTools(supply.tools, {})
    names = tuple(dict.fromkeys(names))
    theirs = [name for name in names if name not in TOOLS]
    found = servers_tools(theirs) if theirs else {}
    for name in names:
        if name not in supply.tools and name not in found:
            raise InvalidSubmission(_refusal(name, supply.forbidden), field="tools")
    declared = {name: found[name].kept() for name in theirs}
    if len(orjson.dumps(declared)) > MAX_DECLARED_BYTES:
        raise SubmissionTooLarge(
            f"These tools declare more than {MAX_DECLARED_BYTES:,} bytes in all. Choose fewer.",
            field="tools",
        )
    return ChosenTools(names, declared)


def _refusal(name: str, forbidden: Mapping[str, str]) -> str:
    if name not in TOOLS:
        return f"There is no tool “{name}”."
    if name not in forbidden:
        return f"The tool “{name}” is not set up here."
    reason = f": {forbidden[name]}" if forbidden[name] else "."
    return f"The tool “{name}” is not allowed on this site{reason}"
