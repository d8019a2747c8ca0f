"""The sums of the Usage page by model and by pattern, which add up to its total."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from billing.money import fraction_digits
from billing.selectors.between import Spent
from runs.presenters.colours import OTHERS, SERIES, model_colours, pattern_colours
from runs.usage.outcomes import Outcome

Days = dict[int, dict[str, Decimal]]  # dollars by the number of the day and the name of the group


@dataclass(slots=True)
class Sums:
    """What was bought, and what became of runs. `colour` is its number in charts."""

    name: str
    colour: int = OTHERS
    amount: Decimal = Decimal(0)
    calls: int = 0
    fresh_input_tokens: int = 0
    cached_input_tokens: int = 0
    cache_write_tokens: int = 0
    output_tokens: int = 0
    reasoning_tokens: int = 0
    runs: int = 0
    active: int = 0
    succeeded: int = 0
    failed: int = 0
    good: int = 0
    saved: Decimal = Decimal(0)
    saved_by_routing: Decimal = Decimal(0)

    def add_spent(self, row: Spent) -> None:
        """Count charges in."""
        self.amount += row.amount
        self.calls += row.calls
        self.fresh_input_tokens += row.fresh_input_tokens
        self.cached_input_tokens += row.cached_input_tokens
        self.cache_write_tokens += row.cache_write_tokens
        self.output_tokens += row.output_tokens
        self.reasoning_tokens += row.reasoning_tokens

    def add_outcome(self, row: Outcome) -> None:
        """Count runs in."""
        self.runs += row.runs
        self.active += row.active
        self.succeeded += row.succeeded
        self.failed += row.failed
        self.good += row.good
        self.saved += row.saved_usd
        self.saved_by_routing += row.routing_saved_usd

    @property
    def charged(self) -> bool:
        """True when something was bought."""
        return bool(self.calls or self.amount)

    @property
    def input_tokens(self) -> int:
        """All input, however it is cached."""
        return self.fresh_input_tokens + self.cached_input_tokens + self.cache_write_tokens

    @property
    def tokens(self) -> int:
        """Input and output together."""
        return self.input_tokens + self.output_tokens

    @property
    def per_run(self) -> Decimal | None:
        """Dollars for each run that was submitted."""
        return _each(self.amount, self.runs)

    @property
    def per_success(self) -> Decimal | None:
        """Dollars for each run that succeeded, those of the others among them."""
        return _each(self.amount, self.succeeded)

    @property
    def per_good(self) -> Decimal | None:
        """Dollars for each run whose answer was found good."""
        return _each(self.amount, self.good)

    @property
    def all_saved(self) -> Decimal:
        """By answers and steps that were given again, and by routing."""
        return self.saved + self.saved_by_routing

    @property
    def success_percent(self) -> Decimal | None:
        """Of the runs that succeeded or failed, those that succeeded; None where there are none."""
        ended = self.succeeded + self.failed
        return Decimal(100 * self.succeeded) / ended if ended else None


def _each(amount: Decimal, count: int) -> Decimal | None:
    return amount / count if count else None


@dataclass(frozen=True, slots=True)
class Usage:
    """A range's sums; the groups add up to the total because all come from the same rows."""

    total: Sums
    by_model: Sequence[Sums]
    by_pattern: Sequence[Sums]
    models_by_day: Days = field(default_factory=dict)
    patterns_by_day: Days = field(default_factory=dict)

    @property
    def digits(self) -> int:
        """The digits to which the amounts of the tables are padded."""
        groups = (*self.by_model, *self.by_pattern)
        return max((fraction_digits(group.amount) for group in groups), default=4)


def usage_of(
    spent: Iterable[Spent],
    became: Iterable[Outcome],
) -> Usage:
    """The sums of a range."""
    total = Sums("Total")
    models: dict[str, Sums] = {}
    patterns: dict[str, Sums] = {}
    found = Usage(total, [], [])
    for row in spent:
        total.add_spent(row)
        models.setdefault(row.model, Sums(row.model)).add_spent(row)
        patterns.setdefault(row.pattern, Sums(row.pattern)).add_spent(row)
        _count(found.models_by_day, row.span, row.model, row.amount)
        _count(found.patterns_by_day, row.span, row.pattern, row.amount)
    for outcome in became:
        total.add_outcome(outcome)
        models.setdefault(outcome.model, Sums(outcome.model)).add_outcome(outcome)
        patterns.setdefault(outcome.pattern, Sums(outcome.pattern)).add_outcome(outcome)
    by_model, by_pattern = _dearest_first(models), _dearest_first(patterns)
    _paint(by_model, model_colours)
    _paint(by_pattern, pattern_colours)
    return Usage(total, by_model, by_pattern, found.models_by_day, found.patterns_by_day)


def _count(days: Days, span: int, name: str, amount: Decimal) -> None:
    amounts = days.setdefault(span, {})
    amounts[name] = amounts.get(name, Decimal(0)) + amount


def _dearest_first(groups: dict[str, Sums]) -> list[Sums]:
    return sorted(groups.values(), key=lambda group: (-group.amount, group.name))


def _paint(groups: Iterable[Sums], colours: Callable[[Sequence[str]], Mapping[str, int]]) -> None:
    """Give the dearest of what was charged a colour each."""
    charged = {group.name: group for group in groups if group.charged}
    for name, colour in colours([*charged][:SERIES]).items():
        charged[name].colour = colour
