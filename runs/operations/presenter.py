"""Staff's charts and tables: daily spend as series, users as rows, columns that sort."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from billing.presenters import BudgetRow, budget_row
from billing.selectors.budgets import BudgetState
from billing.selectors.daily import Series
from runs.catalogue.presenter import pattern_label
from runs.operations.ranges import DayRange
from runs.operations.selectors.people import SPARK_DAYS, Order, Person
from runs.presenters.colours import model_colours, pattern_colours

GROUPS = {"user": "Users", "model": "Models", "pattern": "Patterns"}
SPARK_WIDTH, SPARK_HEIGHT = 60, 16
# Of a user's runs that ended: from so many percent on, failures are marked.
MANY_ERRORS = 5


@dataclass(frozen=True, slots=True)
class Stack:
    """One series of a chart; `colour` is its number in charts."""

    name: str
    colour: int
    amount: Decimal
    values: Sequence[Decimal]


@dataclass(frozen=True, slots=True)
class Chart:
    """Spend a day in series that add up to all that was charged."""

    series: Sequence[Stack]
    rows: Sequence[tuple[date, Sequence[Decimal], Decimal]]

    @property
    def total(self) -> Decimal:
        """All of it."""
        return sum((one.amount for one in self.series), Decimal(0))

    @property
    def highest(self) -> tuple[date, Sequence[Decimal], Decimal]:
        """The dearest day."""
        return max(self.rows, key=lambda row: row[2])

    @property
    def data(self) -> dict[str, Any]:
        """Its numbers. Floats: they become pixels, the table beside it is exact."""
        return {
            "labels": [day.isoformat() for day, _, _ in self.rows],
            "series": [
                {
                    "name": one.name,
                    "colour": one.colour,
                    "values": [float(amount) for amount in one.values],
                }
                for one in self.series
            ],
        }


def chart(found: Sequence[Series], days: DayRange, group: str) -> Chart:
    """The series of `daily_spend` over all days of the range."""
    colours = _colours(found, group)
    series = [
        Stack(
            name=_name(one, group),
            colour=colours.get(one.key or "", one.place),
            amount=one.amount,
            values=[one.by_day.get(day, Decimal(0)) for day in days.days],
        )
        for one in found
    ]
    amounts = [[one.values[index] for one in series] for index in range(len(days.days))]
    rows = [
        (day, each, sum(each, Decimal(0))) for day, each in zip(days.days, amounts, strict=True)
    ]
    return Chart(series, rows)


def _colours(found: Sequence[Series], group: str) -> Mapping[str, int]:
    """Models and patterns have the same one on all pages; users, and all others, their place."""
    keys = [one.key for one in found if one.key is not None]
    if group == "user":
        return {}
    return pattern_colours(keys) if group == "pattern" else model_colours(keys)


def _name(one: Series, group: str) -> str:
    if one.key is None:
        return f"{one.others} others"
    if one.user is not None:
        return one.user.display_name
    return pattern_label(one.key) if group == "pattern" else one.key


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the users, by which they can be sorted."""

    label: str
    key: str
    order: Order
    figures: bool = True
    wide_only: bool = False
    title: str = ""

    @property
    def chosen(self) -> bool:
        """True where they are sorted by it."""
        return self.order.key == self.key

    @property
    def descends(self) -> bool:
        """Whether the largest is on top."""
        return (self.key == "name") == self.order.backwards

    @property
    def next(self) -> str:
        """What its link asks for: the other way round where it is chosen already."""
        return f"-{self.key}" if self.chosen and not self.order.backwards else self.key


def columns(order: Order) -> list[Column]:
    """Those of the users' table, without the week's line."""
    return [
        Column("User", "name", order, figures=False),
        Column("Settled", "spent", order),
        Column("Held", "held", order, wide_only=True),
        Column("Budget", "budget", order, figures=False, title="The one that is used up most"),
        Column("Runs charged", "runs", order, title="First charged this month"),
        Column("Errors", "errors", order, title="Of the runs that ended within 24 hours"),
        Column("Last run", "last", order),
    ]


@dataclass(frozen=True, slots=True)
class UserRow:
    """One user in the dollars that are shown."""

    person: Person
    spent_usd: Decimal
    held_usd: Decimal
    budget: BudgetRow | None
    spark: str

    @property
    def used_percent(self) -> int:
        """What is settled and held of the budget’s limit, in whole percent."""
        return int(used(self.budget.state) * 100) if self.budget else 0

    @property
    def many_errors(self) -> bool:
        """True where failures are to be marked."""
        return self.person.failed * 100 >= MANY_ERRORS * max(1, self.person.ended)


def user_rows(
    found: Iterable[Person], budgets: Iterable[BudgetState], *, simulated: bool, today: date
) -> list[UserRow]:
    """The users with the budgets of theirs that are used up most."""
    tightest: dict[int, BudgetState] = {}
    for state in budgets:
        owner_id = state.budget.user_id
        if owner_id is not None:
            known = tightest.get(owner_id)
            tightest[owner_id] = max((known or state, state), key=used)
    return [
        UserRow(
            person=person,
            spent_usd=person.simulated_usd if simulated else person.spent_usd,
            held_usd=person.simulated_held_usd if simulated else person.held_usd,
            budget=budget_row(tightest[person.user.pk]) if person.user.pk in tightest else None,
            spark=spark(person, today),
        )
        for person in found
    ]


def used(state: BudgetState) -> Decimal:
    """The part of a budget that is settled or held; a limit of nothing is used up."""
    if not state.limit_usd:
        return Decimal(1)
    return (state.settled_usd + state.held_usd) / state.limit_usd


def spark(person: Person, today: date) -> str:
    """The path of the last days' spend; empty where there was none."""
    days = [today - timedelta(days=back) for back in reversed(range(SPARK_DAYS))]
    amounts = [person.by_day.get(day, Decimal(0)) for day in days]
    most = max(amounts)
    if most <= 0:
        return ""
    points = [
        f"{index * SPARK_WIDTH // (SPARK_DAYS - 1)} {_height(amount / most):.1f}"
        for index, amount in enumerate(amounts)
    ]
    return "M" + " L".join(points)


def _height(part: Decimal) -> float:
    """From the top, with a pixel of room on both sides."""
    return 1 + SPARK_HEIGHT * (1 - float(part))
