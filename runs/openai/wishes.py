"""What both APIs ask for in other words: sampling, tools, the form of an answer, ignored fields."""

from collections.abc import Collection, Mapping
from typing import Any

from runs.engine.patterns.plain import SAMPLING
from runs.openai.asked import sampling_number
from runs.openai.fields import Fields, InvalidField, UnsupportedField

# They say nothing about the answer: hints for OpenAI's own bookkeeping, which has ours beside it.
IGNORED = ("user", "safety_identifier", "prompt_cache_key", "prompt_cache_retention")
HARMLESS: Mapping[str, Collection[Any]] = {
    "service_tier": ("auto", "default"),
    "top_logprobs": (0,),
    "truncation": ("disabled",),
}
CHOICES = ("none", "auto", "required")


def sampling_of(fields: Fields) -> dict[str, Any]:
    """How the model samples, as far as anything is wished."""
    wished: dict[str, Any] = {}
    for name in SAMPLING:
        value = fields.any(name)
        wished[name] = _stops(value) if name == "stop" else sampling_number(value, name)
    return {name: value for name, value in wished.items() if value not in (None, [])}


def _stops(value: Any) -> list[str] | None:
    stops = [value] if isinstance(value, str) else value
    if stops is not None and not (
        isinstance(stops, list) and all(isinstance(stop, str) for stop in stops)
    ):
        raise InvalidField("This has to be a string or a list of strings.", field="stop")
    return stops


def function_tool(function: Fields) -> dict[str, Any]:
    """A tool of the caller as an endpoint takes it."""
    declared: dict[str, Any] = {"name": function.needed("name")}
    if description := function.text("description"):
        declared["description"] = description
    declared["parameters"] = function.object("parameters") or {"type": "object", "properties": {}}
    if (strict := function.take("strict", bool, "true or false")) is not None:
        declared["strict"] = strict
    function.refuse_rest()
    return {"type": "function", "function": declared}


def check_kind(tool: Fields) -> None:
    """Raise `UnsupportedField` for a tool that isn't a function of the caller."""
    kind = tool.needed("type")
    if kind != "function":
        said = f"Only functions are supported, not {kind}: patterns have the tools of this site."
        raise UnsupportedField(said, field=tool.path)


def choice_of(value: Any, *, flat: bool) -> str | dict[str, Any] | None:
    """Which tool is to be called; the function's name is in the object itself where it's `flat`."""
    if value is None or value in CHOICES:
        return value  # type: ignore[no-any-return]
    given = Fields(value, "tool_choice")
    if given.needed("type") != "function":
        raise UnsupportedField("This choice of tools is not supported.", field="tool_choice")
    named = given if flat else given.inner("function") or Fields({}, "tool_choice.function")
    return {"type": "function", "function": {"name": named.needed("name")}}


def schema_of(given: Fields | None, *, flat: bool) -> dict[str, Any] | None:
    """The schema that the answer has to fit; None where any text will do."""
    if given is None:
        return None
    kind = given.needed("type")
    if kind == "text":
        return None
    if kind != "json_schema":
        said = f"Ask for json_schema: {kind} says too little to be checked."
        raise UnsupportedField(said, field=given.name("type"))
    named = given if flat else given.inner("json_schema")
    schema = named.object("schema") if named else None
    if schema is None or named is None:
        raise InvalidField("The schema is missing.", field=given.path)
    named.refuse_rest(ignored=("name", "description", "strict"))
    return schema
