"""A run as the body of a submit over the API."""

import json
from typing import Any

from billing.money import format_usd
from runs.engine.registry import KNOWN
from runs.models import Run
from runs.spec import submission_of_run
from runs.submission import Submission

# The fields that most leave out.
WISHES = (
    *("when_out_of_money", "prompt_set", "custom_instructions", "goals", "prompts", "roles"),
    *("reasoning_effort", "verbosity", "tags", "session_id", "customer"),
)
USUAL = Submission(task="")


def api_body(run: Run) -> str:
    """The body that asks for the same, safe inside the single quotes of a shell."""
    asked = submission_of_run(run)
    body: dict[str, Any] = {"task": run.task, "pattern": run.pattern, "model": run.model}
    if run.params:
        body["params"] = params_of(run)
    if uses_tools(run):
        body["tools"] = run.tools
    if run.cache not in (USUAL.cache, ""):
        body["cache"] = run.cache
    if run.max_cost_usd is not None:
        body["max_cost_usd"] = format_usd(run.max_cost_usd)
    wished = {name: getattr(asked, name) for name in WISHES}
    body |= {name: wish for name, wish in wished.items() if wish != getattr(USUAL, name)}
    if run.forked_from_id:
        body["fork"] = {"run": str(run.forked_from_id), "step": run.fork_step}
    return _text(body, asked.answer_schema).replace("'", "'\\''")


def params_of(run: Run) -> dict[str, Any]:
    """The parameters in the pattern's own order, which JSONB doesn't keep."""
    pattern = KNOWN.get(run.pattern)
    order = list(pattern.params.model_fields) if pattern else []
    known = {name: run.params[name] for name in order if name in run.params}
    return {**known, **run.params}


def uses_tools(run: Run) -> bool:
    """True of a run whose pattern can use tools."""
    pattern = KNOWN.get(run.pattern)
    return pattern is None or pattern.needs_tools


def _text(body: dict[str, Any], schema: dict[str, Any] | None) -> str:
    text = json.dumps(body, ensure_ascii=False, indent=2)
    if schema is None:
        return text
    # In lines of its own it would fill the page.
    in_one_line = json.dumps(schema, ensure_ascii=False)
    return text.removesuffix("\n}") + f',\n  "answer_schema": {in_one_line}\n}}'
