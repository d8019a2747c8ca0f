"""Submits without threads: the door for API tokens, and the awaited `submit` of all others."""

from runs.intake.submit import submit

__all__ = ["submit"]
