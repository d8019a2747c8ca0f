"""Reflexion: try, judge, learn from a failure, try again. Shinn et al., arXiv 2303.11366."""

from runs.engine.patterns.reflexion.pattern import Reflexion

__all__ = ["Reflexion"]
