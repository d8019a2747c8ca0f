#!/usr/bin/env python
"""Django's command line, with the settings of ENVIRONMENT."""

import os
import sys

from agentsite.env import env


def main() -> None:
    """Run a management command."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", f"agentsite.settings.{env().environment}")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
