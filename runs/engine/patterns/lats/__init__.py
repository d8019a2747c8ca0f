"""LATS: search a tree of routes to the answer, most promising first. Zhou et al., 2310.04406."""

from runs.engine.patterns.lats.pattern import LATS

__all__ = ["LATS"]
