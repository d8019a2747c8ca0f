"""What a user may wish of a model's answers. An empty wish leaves it to the model."""

EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
VERBOSITIES = ("low", "medium", "high")


def wish_label(value: str) -> str:
    """A wish as a reader says it."""
    return "Extra high" if value == "xhigh" else value.capitalize()
