"""Plan-and-Solve: a plan first, then its steps. Wang et al., arXiv 2305.04091."""

from runs.engine.patterns.plan_and_solve.pattern import PlanAndSolve

__all__ = ["PlanAndSolve"]
