"""One request that is phrased anew after each refusal that says how it should have been."""

import re

from runs.engine import tokens
from runs.engine.errors import ProviderError
from runs.engine.provider.dialects import windows
from runs.engine.provider.dialects.dialect import CONTEXT_WINDOW, OUTPUT_LIMIT, Dialect, Lesson
from runs.engine.provider.dialects.rule import Body
from runs.engine.provider.failures import CONTEXT_FULL
from runs.engine.types import ModelRequest

MAX_REFUSALS = 10
# The model wrote a call that the endpoint could not read; the next one may be better.
FAILED_GENERATION = re.compile("tool_use_failed|failed_generation|failed to call a", re.IGNORECASE)
REFUSED = frozenset({400, 404, 413, 422, 500, 501})


class Asking:
    """Belongs to one request. `dialect` grows with each lesson, `learnt` has those that held."""

    def __init__(self, request: ModelRequest, native: Body, dialect: Dialect) -> None:
        self.model = request.model
        self.traceparent = request.traceparent
        self.dialect = dialect
        self.learnt: list[Lesson] = []
        self._request = request
        self._native = native
        self._unproved: Lesson | None = None
        self._vain: set[str] = set()
        self._refusals = 0
        self._generated_again = False
        self.cap = self._known_cap()

    def body(self) -> Body:
        """What to send now."""
        return self.dialect.phrase(self._native | {"max_completion_tokens": self.cap})

    def accepted(self) -> None:
        """The endpoint took it."""
        if self._unproved:
            self.learnt.append(self._unproved)
        self._unproved = None

    def refused(self, error: ProviderError) -> None:
        """Change what is sent next. Raises `ProviderError` when that would be no use."""
        self._refusals += 1
        if error.status not in REFUSED or self._refusals >= MAX_REFUSALS:
            raise error
        if window := windows.read(error.words, error.status, self.cap):
            self.accepted()
            self._fit(window, error)
            return
        if self._generate_again(error):
            return
        lesson = self._instead(error) or self._next(error, self.dialect)
        if lesson is None:
            raise error
        self.accepted()
        self._unproved = lesson
        self.dialect = self.dialect.knowing(lesson)

    def _instead(self, error: ProviderError) -> Lesson | None:
        """Another rule in place of the last one, which did not help: the same words came back.

        None where the last one is a step to the next, as in the ways to ask for JSON.
        """
        last = self._unproved
        if last is None or _plain(last.words) != _plain(error.words):
            return None
        self._vain.add(last.rule)
        without = self.dialect.without(last.rule)
        lesson = self._next(error, without)
        if lesson:
            self.dialect, self._unproved = without, None
        return lesson

    def _next(self, error: ProviderError, dialect: Dialect) -> Lesson | None:
        return dialect.lesson(error.words, error.status, self._native, self._vain)

    def _generate_again(self, error: ProviderError) -> bool:
        """True once: the same request may bring a call that can be read."""
        may_call = self._request.tool_choice != "none"
        if self._generated_again or not may_call or not FAILED_GENERATION.search(error.words):
            return False
        self._generated_again = True
        return True

    def _fit(self, window: windows.Window, error: ProviderError) -> None:
        """Lower the cap, if the prompt itself fits."""
        self._learn_size(OUTPUT_LIMIT, window.output, error)
        self._learn_size(CONTEXT_WINDOW, window.context, error)
        cap = min(self.cap, window.output or self.cap)
        if window.context:
            cap = min(cap, window.context - (window.prompt or self._counted()))
        if not tokens.MIN_OUTPUT_TOKENS <= cap < self.cap:
            raise CONTEXT_FULL.error(error.message, status=error.status) from error
        self.cap = cap

    def _learn_size(self, rule: str, size: int | None, error: ProviderError) -> None:
        if size:
            lesson = Lesson(rule, size, error.words)
            self.learnt.append(lesson)
            self.dialect = self.dialect.knowing(lesson)

    def _known_cap(self) -> int:
        """The cap that the sizes already known leave to this prompt; no more than is held."""
        held = self._request.max_output_tokens
        cap = min(held, self.dialect.max_output_tokens or held)
        window = self.dialect.context_tokens
        if window is None or self._bound() + cap <= window:
            return cap
        left = window - self._counted()
        return min(cap, left) if left >= tokens.MIN_OUTPUT_TOKENS else cap

    def _bound(self) -> int:
        """Bytes bound tokens; counting costs more."""
        request = self._request
        return tokens.bound_input(request.messages, request.tools, request.schema)

    def _counted(self) -> int:
        request = self._request
        return tokens.count_input(request.messages, request.tools, request.schema)


def _plain(words: str) -> str:
    """Words without what differs from one request to the next."""
    return re.sub(r"[\d\W_]+", " ", words)
