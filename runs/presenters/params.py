"""The names of parameters, as pages say them."""

from runs.engine.pattern import label_of
from runs.engine.registry import KNOWN


def param_label(pattern: str, name: str) -> str:
    """What the composer calls a parameter; its name in words where the pattern doesn't have it."""
    known = KNOWN.get(pattern)
    schemas = known.params.model_json_schema().get("properties", {}) if known else {}
    return label_of(name, schemas.get(name, {}))
