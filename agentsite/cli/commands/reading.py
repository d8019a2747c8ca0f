"""`runs`, `tail` and `cancel`: runs that there are."""

from itertools import islice

from agentsite.cli.call import Call, Commands
from agentsite.cli.output import shortened, usd
from agentsite.client import Run

TASK_WIDTH = 60


def add(commands: Commands) -> None:
    """Declare them."""
    runs = commands.add("runs", _runs, "List your runs, newest first")
    runs.add_argument("--status")
    runs.add_argument("--pattern")
    runs.add_argument("--model")
    runs.add_argument("--search", dest="q", metavar="TEXT", help="text of the task")
    runs.add_argument("--limit", type=int, default=20, metavar="N", help="20, if nothing is said")
    tail = commands.add("tail", _tail, "Show a run live, up to its end, and end as it does")
    tail.add_argument("run", metavar="RUN")
    tail.add_argument("--after", type=int, default=0, metavar="SEQ", help="the last event known")
    cancel = commands.add("cancel", _cancel, "Ask for a run's end")
    cancel.add_argument("run", metavar="RUN")


def _runs(call: Call) -> int:
    options = call.options
    asked = {name: getattr(options, name) for name in ("status", "pattern", "model", "q")}
    filters = {name: value for name, value in asked.items() if value is not None}
    size = max(1, min(options.limit, 100))
    found = islice(call.client.runs(page_size=size, **filters), max(0, options.limit))
    if options.json:
        for run in found:
            call.out.json(run)
        return 0
    rows = [_row(run) for run in found]
    if rows:
        call.out.table([("RUN", "STATUS", "COST", "CREATED", "TASK"), *rows], right=[2])
    else:
        call.err.line("No runs.")
    return 0


def _row(run: Run) -> tuple[str, ...]:
    created = f"{run.created_at:%Y-%m-%d %H:%M}"
    return run.id, run.status, usd(run.cost_usd), created, shortened(run.task, TASK_WIDTH)


def _tail(call: Call) -> int:
    return call.follow(call.options.run, call.options.after)


def _cancel(call: Call) -> int:
    accepted = call.client.cancel(call.options.run)
    if call.options.json:
        call.out.json(accepted.run or accepted)
    else:
        call.out.line(accepted.status)
    return 0
