"""Writes: submit and cancel."""

from runs.services.cancel import cancel_run
from runs.services.submit import Submission, Submitted, submit_run

__all__ = ["Submission", "Submitted", "cancel_run", "submit_run"]
