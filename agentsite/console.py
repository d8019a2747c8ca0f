"""The program `agentsite`: commands for those who use a site, and those of `manage.py`.

Neither half loads what only the other one needs.
"""

import os
import sys
from collections.abc import Sequence

SHORT = {"export": "export_run"}


def run(argv: Sequence[str]) -> None:
    """Run a management command with the settings of ENVIRONMENT."""
    from agentsite.env import env

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", f"agentsite.settings.{env().environment}")
    from django.core.management import execute_from_command_line

    execute_from_command_line([*argv])


def main() -> None:
    """`agentsite COMMAND`, from anywhere."""
    from agentsite.cli import program

    name, *rest = sys.argv
    if not rest or rest[0].startswith("-") or rest[0] in program.names():
        sys.exit(program.main(rest))
    rest[0] = SHORT.get(rest[0], rest[0])
    run([name, *rest])
