"""`cost` and `budgets`: the bill of a run, and what limits you."""

from agentsite.cli.call import Call, Commands
from agentsite.cli.output import usd


def add(commands: Commands) -> None:
    """Declare them."""
    cost = commands.add("cost", _cost, "Show the bill of a run, line by line")
    cost.add_argument("run", metavar="RUN")
    commands.add("budgets", _budgets, "Show what limits you, and what is left")


def _cost(call: Call) -> int:
    bill = call.client.ledger(call.options.run)
    if call.options.json:
        call.out.json(bill)
        return 0
    rows = [
        (
            line.step_key,
            line.model,
            line.bucket,
            str(line.quantity),
            usd(line.unit_price_usd),
            usd(line.amount_usd),
            "" if line.confidence == "exact" else line.confidence,
        )
        for line in bill.results
    ]
    if rows:
        head = ("STEP", "MODEL", "TOKENS", "QUANTITY", "A MILLION", "AMOUNT", "")
        call.out.table([head, *rows], right=[3, 4, 5])
    call.out.line(f"{usd(bill.cost_usd)} in all", "bold")
    return 0


def _budgets(call: Call) -> int:
    found = call.client.budgets()
    if call.options.json:
        for budget in found:
            call.out.json(budget)
        return 0
    rows = [
        (
            budget.scope,
            budget.period,
            "hard" if budget.hard else "soft",
            usd(budget.limit_usd),
            usd(budget.settled_usd),
            usd(budget.held_usd),
            usd(budget.remaining_usd),
            f"{budget.resets_at:%Y-%m-%d %H:%M} UTC" if budget.resets_at else "never",
        )
        for budget in found
    ]
    if rows:
        head = ("SCOPE", "PERIOD", "", "LIMIT", "SPENT", "HELD", "LEFT", "RESETS")
        call.out.table([head, *rows], right=[3, 4, 5, 6])
    else:
        call.err.line("No budget limits you.")
    return 0
