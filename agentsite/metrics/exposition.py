"""The text that Prometheus reads."""

from collections.abc import Iterable
from typing import Literal, get_args

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Metric, generate_latest
from prometheus_client.registry import Collector

from agentsite.metrics.processes import measured
from agentsite.metrics.remembered import Remembered
from agentsite.metrics.site import site_metrics

Part = Literal["all", "site", "processes"]
PARTS: tuple[Part, ...] = get_args(Part)
CONTENT_TYPE = CONTENT_TYPE_LATEST

_site = Remembered(site_metrics)


class _Site(Collector):
    def collect(self) -> Iterable[Metric]:
        return _site.get()


def exposition(part: Part = "all") -> bytes:
    """The metrics of the site, of the processes of this machine, or both."""
    text = b""
    if part != "processes":
        registry = CollectorRegistry(auto_describe=False)
        registry.register(_Site())
        text += generate_latest(registry)
    if part != "site":
        text += generate_latest(measured())
    return text
