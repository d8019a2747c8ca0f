"""Which colour of charts stands for a model or a pattern: the same one on all pages."""

from collections.abc import Mapping, Sequence

from django.conf import settings

from runs.engine.registry import KNOWN

SERIES = 4  # a colour each; what is left shares the fifth
OTHERS = SERIES + 1


def model_colours(models: Sequence[str]) -> Mapping[str, int]:
    """The numbers of the colours of at most five models, the dearest first."""
    return _colours(models, settings.PROVIDER_MODELS)


def pattern_colours(patterns: Sequence[str]) -> Mapping[str, int]:
    """The numbers of the colours of at most five patterns, the dearest first."""
    return _colours(patterns, list(KNOWN))


def _colours(names: Sequence[str], order: Sequence[str]) -> dict[str, int]:
    """Each by its place in the site's order; of two with one colour the dearer keeps it."""
    wanted = {name: place % SERIES + 1 for place, name in enumerate(order)}
    given: dict[str, int] = {}
    for name in names:
        if name in wanted and wanted[name] not in given.values():
            given[name] = wanted[name]
    free = (colour for colour in range(1, OTHERS + 1) if colour not in given.values())
    late = (name for name in names if name not in given)
    return given | dict(zip(late, [*free], strict=False))
