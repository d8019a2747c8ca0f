"""The commands: each adds itself to the parser, and is given what it needs in a `Call`."""

from agentsite.cli.commands import money, reading, submitting

MODULES = (submitting, reading, money)

__all__ = ["MODULES"]
