"""What a command is given, and how it says what it is."""

from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agentsite.cli.following import Follower
from agentsite.cli.output import Output
from agentsite.client import Client

if TYPE_CHECKING:
    from argparse import _SubParsersAction


@dataclass(frozen=True, slots=True)
class Call:
    """One call of the program."""

    client: Client
    options: Namespace
    out: Output
    err: Output

    def follow(self, run_id: str, after: int = 0) -> int:
        """Follow a run; the exit code."""
        follower = Follower(self.client, self.out, self.err, as_json=self.options.json)
        return follower.follow(run_id, after)


Do = Callable[[Call], int]


@dataclass(frozen=True, slots=True)
class Commands:
    """Where commands add themselves."""

    parser: ArgumentParser
    subparsers: "_SubParsersAction[ArgumentParser]"
    common: ArgumentParser

    def add(self, name: str, do: Do, says: str) -> ArgumentParser:
        """A command, of which `do` is the work."""
        parser = self.subparsers.add_parser(
            name, help=says, description=f"{says}.", parents=[self.common]
        )
        parser.set_defaults(do=do)
        return parser
