"""What a user may wish of a model's answers. An empty wish leaves it to the model."""

EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
VERBOSITIES = ("low", "medium", "high")
