"""`manage.py up`: the whole site on this machine."""

import sys
from typing import Any

from django.core.management.base import BaseCommand

from agentsite.env import load_env
from agentsite.local.console import Console
from agentsite.local.errors import StartError
from agentsite.local.supervisor import Supervisor


class Command(BaseCommand):
    """Run the site with all that it needs until Ctrl-C."""

    help = "Start the whole site on this machine: servers, web, worker, beat; Ctrl-C ends it."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        """Run; on a failed start, print one line and exit with 1."""
        try:
            Supervisor(load_env(), Console()).run()
        except StartError as error:
            sys.exit(f"agentsite: {error}")
        except OSError as error:
            sys.exit(f"agentsite: {error.filename or 'a system call'}: {error.strerror}")
