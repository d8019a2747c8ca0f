"""The program: reads the arguments, runs the command, and says in one line what went wrong."""

import sys
from argparse import ArgumentParser
from collections.abc import Sequence

from agentsite.cli.call import Call, Commands
from agentsite.cli.commands import MODULES
from agentsite.cli.output import Output
from agentsite.cli.target import DEFAULT_URL, TOKEN, URL, config_file, target
from agentsite.client import AgentsiteError, Client

NAME = "agentsite"
INTERRUPTED = 130


def commands() -> Commands:
    """The commands of those who use a site."""
    whole = ArgumentParser(
        prog=NAME,
        description="Submit tasks to a site, follow them live, and see what they cost.",
        epilog=f"The site and its token come from {URL} and {TOKEN}, or from {config_file()}. "
        f"All other commands, such as `{NAME} up` and `{NAME} export`, are those of manage.py.",
    )
    common = ArgumentParser(add_help=False)
    common.add_argument("--url", help=f"address of the site; {DEFAULT_URL}, if nothing says else")
    common.add_argument("--token", help=f"API token; better in {TOKEN}, where others don't see it")
    common.add_argument("--json", action="store_true", help="JSON instead of lines for people")
    found = Commands(whole, whole.add_subparsers(metavar="COMMAND", required=True), common)
    for module in MODULES:
        module.add(found)
    return found


def names() -> set[str]:
    """What these commands are called."""
    return set(commands().subparsers.choices)


def main(arguments: Sequence[str]) -> int:
    """Run a command; the exit code."""
    options = commands().parser.parse_args(arguments)
    out, err = Output(sys.stdout), Output(sys.stderr)
    try:
        site = target(options)
        with Client(site.url, site.token) as client:
            code: int = options.do(Call(client, options, out, err))
        return code
    except AgentsiteError as error:
        err.line(f"{NAME}: {error}", "bad")
        return 1
    except KeyboardInterrupt:
        err.write("\n")
        return INTERRUPTED
    except BrokenPipeError:
        # Who read us has enough, as `head` has. Python would complain once more at its end.
        sys.stdout = None
        return 1
