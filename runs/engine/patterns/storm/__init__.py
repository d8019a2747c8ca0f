"""STORM: a sourced report from several viewpoints. Shao et al., arXiv 2402.14207."""

from runs.engine.patterns.storm.pattern import Storm

__all__ = ["Storm"]
