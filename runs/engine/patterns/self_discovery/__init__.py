"""Self-Discovery: find a way to think that fits the task. Zhou et al., arXiv 2402.03620."""

from runs.engine.patterns.self_discovery.pattern import SelfDiscovery

__all__ = ["SelfDiscovery"]
