"""Command line: ``python -m tests.browser.screenshots [NAME …]``, into ./screenshots/."""

import os
import signal
import sys
import tempfile
from pathlib import Path

import django
from django.core.management import call_command

from agentsite.local.errors import StartError
from agentsite.local.temporary import temporary_servers, without_ours
from tests.plugin import MODELS

FOLDER = Path("screenshots")
DEMO = {
    "ENVIRONMENT": "test",
    "DJANGO_SETTINGS_MODULE": "agentsite.settings.test",
    "DJANGO_ALLOW_ASYNC_UNSAFE": "true",
    "LOG_LEVEL": "WARNING",
    "OPENAI_MODELS": MODELS,
    "RESULT_CACHE_S": "3600",
    "BREAKER_FAILURES": "5",
    "STRONG_MODELS": "gpt-4.1",
    "MODEL_FALLBACKS": '{"gpt-4.1-mini": "gpt-5-nano"}',
}


def main() -> None:
    """Start a demo site on temporary servers, and photograph it."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with temporary_servers() as addresses, tempfile.TemporaryDirectory() as logs:
            environment = without_ours(dict(os.environ)) | addresses | DEMO
            os.environ.clear()
            os.environ.update(environment)
            django.setup()
            call_command("migrate", verbosity=0)
            call_command("collectstatic", interactive=False, verbosity=0)
            # It imports models, which are there only now that Django is set up.
            from tests.browser.screenshots.tour import tour

            tour(FOLDER, Path(logs), wanted=frozenset(sys.argv[1:]))
    except StartError as error:
        sys.exit(f"agentsite: {error}")


if __name__ == "__main__":
    main()
