"""A worker's own port for Prometheus, where no web process of its machine shows its measures."""

import logging

from django.conf import settings
from prometheus_client import start_http_server

from agentsite.metrics.processes import measured

logger = logging.getLogger(__name__)


def open_port() -> None:
    """Show what this process measures to whoever asks, at the port that the settings name."""
    host, port = settings.WORKER_METRICS_HOST, settings.WORKER_METRICS_PORT
    if port is None:
        return
    try:
        start_http_server(port, host, measured())
    except OSError as error:
        # Another worker of this machine may have it; runs are worth more than their measures.
        logger.warning("no port for metrics", extra={"port": port, "error": str(error)})
