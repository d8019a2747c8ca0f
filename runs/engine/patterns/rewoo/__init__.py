"""ReWOO: plan all steps, gather evidence side by side, then solve. Xu et al., arXiv 2305.18323."""

from runs.engine.patterns.rewoo.pattern import ReWOO

__all__ = ["ReWOO"]
