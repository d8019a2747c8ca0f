"""App configuration; the app holds the management commands of the whole site."""

import atexit
import gc

from django.apps import AppConfig
from django.db import connection


class AgentsiteConfig(AppConfig):
    """The site itself."""

    name = "agentsite"

    def ready(self) -> None:
        """Every process can send Celery tasks, not only a worker, and ends without a wait.

        It is the last app, so that all is loaded that is there to stay. Nobody looks for garbage
        in that again, neither while the process works nor when it ends.
        """
        from agentsite import celery  # noqa: F401

        # A pool that is still open when Python has torn its threads down waits 5 s for them.
        if connection.settings_dict["NAME"]:
            atexit.register(connection.close_pool)  # type: ignore[attr-defined]
        gc.freeze()
        gc.enable()
