"""Which model plays which part of a pattern."""

from runs.engine.types import Spec

# A role without a model of its own takes that of the next one; the last resort is the run's model.
FALLBACKS: dict[str, tuple[str, ...]] = {
    "thinking": (),
    "planning": ("thinking",),
    "execution": (),
    "solver": ("execution",),
    "reflection": (),
    "evaluation": ("reflection", "thinking"),
    "documentation": ("execution", "thinking"),
}
ROLES = tuple(FALLBACKS)


def model_for(spec: Spec, role: str) -> str:
    """The model that plays this role in this run."""
    for name in (role, *FALLBACKS[role]):
        if model := spec.roles.get(name):
            return model
    return spec.model
