"""Which model names the simulator knows, and how each of them behaves."""

from .errors import ApiError

LISTED = (
    "gpt-6-luna",
    "gpt-6.1-terra",
    "gpt-6.1-sol",
    "gpt-5",
    "gpt-5-mini",
    "gpt-5-nano",
    "gpt-4.1-mini",
    "gpt-4.1-nano",
    "o3",
    "o4-mini",
)
_KNOWN_PREFIXES = ("gpt-", "chatgpt-", "o1", "o3", "o4")
_WINDOWS = (
    ("gpt-6", 1_050_000),
    ("gpt-4.1", 1_047_576),
    ("gpt-5", 400_000),
    ("gpt-3.5", 16_385),
    ("gpt-", 128_000),
    ("o", 200_000),
)


def require_model(name: str, extra: frozenset[str]) -> None:
    """Raise OpenAI's ``model_not_found`` for a name that no endpoint would serve."""
    if name in extra or name.startswith(_KNOWN_PREFIXES):
        return
    message = f"The model `{name}` does not exist or you do not have access to it."
    raise ApiError(404, message, code="model_not_found")


def reasons(name: str) -> bool:
    """True for models that think in billed tokens which they never show."""
    thinking = name.startswith(("o1", "o3", "o4", "gpt-5", "gpt-6"))
    return thinking and "chat" not in name


def context_window(name: str) -> int:
    """Tokens that prompt and answer may take together."""
    return next((size for prefix, size in _WINDOWS if name.startswith(prefix)), 128_000)
