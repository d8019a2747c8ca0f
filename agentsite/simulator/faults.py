"""Faults on request: ``[sim: …]`` directives that a task carries in its own text."""

import re
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields

from agentsite.simulator.protocol.errors import ApiError, bad_request

_DIRECTIVE = re.compile(r"\[sim:([^\]]*)\]", re.IGNORECASE)
_FOREVER = 3600.0


@dataclass(frozen=True, slots=True)
class Faults:
    """What should go wrong with one request; nothing by default.

    `status` refuses, with `retry_after` and `code`. `hang` sends nothing for some seconds, then
    closes; `cut` closes after some chunks; `delay` waits before it answers. `chunks` answers with
    exactly so many, at `rate` or `tokens_per_s` a second. `reasoning` bills so many hidden tokens.
    `counted` is how often the organisation's usage has the call.
    """

    status: int | None = None
    retry_after: float | None = None
    code: str | None = None
    hang: float | None = None
    cut: int | None = None
    delay: float = 0.0
    chunks: int | None = None
    rate: float | None = None
    tokens_per_s: float | None = None
    reasoning: int | None = None
    counted: int = 1
    no_usage: bool = False
    broken_json: bool = False
    garbage_args: bool = False
    unknown_tool: bool = False
    loop: bool = False
    empty: bool = False
    refuse: bool = False
    length: bool = False

    def refusal(self, model: str) -> ApiError | None:
        """The HTTP error that was asked for, if any."""
        if self.status is None:
            return None
        message, kind, code = _REFUSALS.get(self.status, _SERVER_ERROR)
        headers = {} if self.retry_after is None else {"retry-after": f"{self.retry_after:g}"}
        return ApiError(
            self.status,
            message.format(model=model),
            kind=kind,
            code=self.code or code,
            headers=headers,
        )


_SERVER_ERROR = (
    "The server had an error while processing your request. Sorry about that!",
    "server_error",
    None,
)
_REFUSALS: dict[int, tuple[str, str, str | None]] = {
    400: ("The request was refused on request.", "invalid_request_error", None),
    401: ("Incorrect API key provided.", "invalid_request_error", "invalid_api_key"),
    403: ("You are not allowed to use this model.", "invalid_request_error", None),
    404: ("The model `{model}` does not exist.", "invalid_request_error", "model_not_found"),
    429: ("Rate limit reached for {model}.", "requests", "rate_limit_exceeded"),
    503: ("The engine is currently overloaded, please try again later.", "server_error", None),
}

_VALUES: dict[str, Callable[[str], object]] = {
    "status": int,
    "retry_after": float,
    "code": str,
    "hang": float,
    "cut": int,
    "delay": float,
    "chunks": int,
    "rate": float,
    "tokens_per_s": float,
    "reasoning": int,
    "counted": int,
    "on": int,
    "times": int,
}
_FLAGS = frozenset(f.name for f in fields(Faults)) - _VALUES.keys()


def without_directives(text: str) -> str:
    """The text as a reader means it, with every directive taken out."""
    return _DIRECTIVE.sub("", text).strip()


def _parse(directive: str) -> dict[str, object]:
    settings: dict[str, object] = {}
    for word in directive.replace(",", " ").split():
        name, _, value = word.partition("=")
        try:
            if name in _FLAGS and not value:
                settings[name] = True
            elif name == "hang" and not value:
                settings[name] = _FOREVER
            else:
                settings[name] = _VALUES[name](value)
        except (KeyError, ValueError):
            raise bad_request(f"Unknown simulator directive {word!r}.", "messages") from None
    return settings


def _applies(settings: dict[str, object], nth: int) -> bool:
    first = int(str(settings.get("on", 1)))
    times = settings.get("times", 1 if "on" in settings else None)
    return nth >= first and (times is None or nth < first + int(str(times)))


class FaultDesk:
    """Counts the requests of each task and says what goes wrong with the next one."""

    def __init__(self, size: int = 100_000) -> None:
        self._size = size
        self._requests: OrderedDict[str, int] = OrderedDict()

    def next_for(self, task: str, user_texts: Iterable[str]) -> Faults:
        """Faults of this request: ``on=N`` means the task's Nth, ``times=K`` K in a row."""
        found = dict.fromkeys(d for text in user_texts for d in _DIRECTIVE.findall(text))
        if not found:
            return Faults()
        nth = self._count(task)
        chosen: dict[str, object] = {}
        for settings in map(_parse, found):
            if _applies(settings, nth):
                chosen |= settings
        chosen = {k: v for k, v in chosen.items() if k not in ("on", "times")}
        return Faults(**chosen)  # type: ignore[arg-type]

    def _count(self, task: str) -> int:
        nth = self._requests.pop(task, 0) + 1
        self._requests[task] = nth
        if len(self._requests) > self._size:
            self._requests.popitem(last=False)
        return nth

    def clear(self) -> None:
        """Forget all counts."""
        self._requests.clear()
