"""A circuit breaker: no call goes to a model whose calls keep failing, but one now and then.

Pure: the clock is given, and whoever keeps a breaker replaces it by what a method returns.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Literal

from runs.engine.types import Outage

State = Literal["closed", "open", "half_open"]


@dataclass(frozen=True, slots=True)
class Rules:
    """When a breaker opens, and for how long.

    It opens after so many `failures` in a row that have lasted for `lasting_s`: of many calls at
    once, some may fail at one hiccup that a second attempt outlives. Of a row, none came later than
    `forget_s` after the one before. After `open_s` one call may probe, and after `probe_s` without
    its result another one.
    """

    failures: int = 5
    lasting_s: float = 2.0
    forget_s: float = 600.0
    open_s: float = 30.0
    probe_s: float = 75.0


@dataclass(frozen=True, slots=True)
class Breaker:
    """The breaker of one model. Times are Unix seconds; `code` is that of the last failure.

    `since` is the first failure of the row, `failed_at` the last one.
    """

    failures: int = 0
    since: float = 0.0
    failed_at: float = 0.0
    code: str = ""
    open_until: float = 0.0
    probe: str = ""
    probe_until: float = 0.0

    def state(self, now: float) -> State:
        """Half open is one whose pause is over, until a probe has shown what comes of it."""
        if not self.open_until:
            return "closed"
        return "open" if now < self.open_until else "half_open"

    def admit(self, now: float, probe: str, rules: Rules) -> "Breaker | None":
        """The breaker once a call was let in; None where it isn't. A changed one: it is `probe`."""
        state = self.state(now)
        if state == "closed":
            return self
        if state == "open" or now < self.probe_until:
            return None
        return replace(self, probe=probe, probe_until=now + rules.probe_s)

    def answered(self, probe: str) -> "Breaker":
        """A call was answered. An open breaker believes only its probe."""
        return self if self.open_until and not self._is_probe(probe) else CLOSED

    def failed(self, now: float, probe: str, code: str, rules: Rules) -> "Breaker":
        """A call failed. An open breaker believes only its probe."""
        if self.open_until:
            if not self._is_probe(probe):
                return self
            return Breaker(self.failures + 1, self.since, now, code, now + rules.open_s)
        in_a_row, since = 1, now
        if self.failures and now - self.failed_at <= rules.forget_s:
            in_a_row, since = self.failures + 1, self.since
        opens = in_a_row >= rules.failures and now - since >= rules.lasting_s
        return Breaker(in_a_row, since, now, code, now + rules.open_s if opens else 0.0)

    def withdrawn(self, probe: str) -> "Breaker":
        """A call ended without a word about the provider: if it was the probe, another may be."""
        return replace(self, probe="", probe_until=0.0) if self._is_probe(probe) else self

    def outage(self, model: str) -> Outage:
        """Why no call is let in. Only of a breaker that isn't closed."""
        probed = bool(self.probe)
        again_at = None if probed else datetime.fromtimestamp(self.open_until, UTC)
        return Outage(model, self.failures, self.code, again_at)

    def _is_probe(self, probe: str) -> bool:
        return probe != "" and probe == self.probe


CLOSED = Breaker()
