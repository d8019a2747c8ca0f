"""`submit`, `fork` and `rerun`: what makes a run."""

import json
import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from decimal import Decimal, InvalidOperation
from typing import Any

from agentsite.cli.call import Call, Commands
from agentsite.client import Accepted

# Options that are fields of a submit as they are.
FIELDS = (
    "pattern",
    "model",
    "max_cost_usd",
    "tools",
    "params",
    "metadata",
    "custom_instructions",
    "prompt_set",
    "reasoning_effort",
    "verbosity",
    "deadline_s",
    "cache",
    "when_out_of_money",
)


def add(commands: Commands) -> None:
    """Declare them."""
    submit = commands.add("submit", _submit, "Submit a task")
    submit.add_argument("task", help="what to do; - reads it from the input")
    _add_fields(submit)
    fork = commands.add("fork", _fork, "Go on from a step of a run that has ended")
    fork.add_argument("run", metavar="RUN")
    fork.add_argument(
        "--step", required=True, metavar="KEY", help="the last step that is taken over"
    )
    fork.add_argument("--task", help="another task; - reads it from the input")
    _add_fields(fork)
    rerun = commands.add("rerun", _rerun, "Run it once more, with what you say changed")
    rerun.add_argument("run", metavar="RUN")
    rerun.add_argument("--task", help="another task; - reads it from the input")
    _add_fields(rerun)


def _add_fields(parser: ArgumentParser) -> None:
    add = parser.add_argument
    add("--pattern", help="react, reflection, …; react, where nothing is said")
    add("--model", help="a model's id, or auto")
    add("--max-cost", dest="max_cost_usd", type=_dollars, metavar="USD", help="its own limit")
    add("--tool", dest="tools", action="append", metavar="NAME", help="repeatable")
    add("--param", dest="params", action="append", type=_param, metavar="NAME=VALUE")
    add("--metadata", action="append", type=_pair, metavar="NAME=TEXT")
    add("--instructions", dest="custom_instructions", metavar="TEXT")
    add("--prompt-set", metavar="NAME[@VERSION]")
    add("--effort", dest="reasoning_effort")
    add("--verbosity")
    add("--deadline", dest="deadline_s", type=int, metavar="SECONDS")
    add("--cache", choices=["use", "refresh", "off"])
    add(
        "--ask-for-money",
        dest="when_out_of_money",
        action="store_const",
        const="ask",
        help="wait for more money instead of concluding",
    )
    add("--follow", "-f", action="store_true", help="show it live, and end as it does")


def _submit(call: Call) -> int:
    fields = _fields(call.options)
    return _made(call, call.client.submit(_text(call.options.task), **fields))


def _fork(call: Call) -> int:
    options = call.options
    return _made(call, call.client.fork(options.run, options.step, **_changed(options)))


def _rerun(call: Call) -> int:
    return _made(call, call.client.rerun(call.options.run, **_changed(call.options)))


def _changed(options: Namespace) -> Any:
    task = {} if options.task is None else {"task": _text(options.task)}
    return task | _fields(options)


def _fields(options: Namespace) -> Any:
    given = {name: getattr(options, name) for name in FIELDS}
    pairs = {
        name: dict(given.pop(name)) for name in ("params", "metadata") if given[name] is not None
    }
    return {name: value for name, value in given.items() if value is not None} | pairs


def _made(call: Call, accepted: Accepted) -> int:
    if call.options.follow:
        if not call.options.json:
            call.err.line(accepted.url, "dim")
        return call.follow(accepted.id)
    if call.options.json:
        call.out.json(accepted.run or accepted)
    else:
        call.out.line(accepted.id)
    return 0


def _text(given: str) -> str:
    return sys.stdin.read() if given == "-" else given


def _dollars(text: str) -> Decimal:
    try:
        return Decimal(text.removeprefix("$"))
    except InvalidOperation:
        raise ArgumentTypeError(f"{text} is no amount of dollars, such as 0.20") from None


def _pair(text: str) -> tuple[str, str]:
    name, separator, value = text.partition("=")
    if not (name and separator):
        raise ArgumentTypeError(f"{text} should be NAME=VALUE")
    return name, value


def _param(text: str) -> tuple[str, Any]:
    """A parameter's value is JSON, and what is no JSON is text."""
    name, value = _pair(text)
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value
