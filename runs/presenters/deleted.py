"""How a run is shown some details of which were deleted by age."""

from typing import Protocol

from runs.details import Detail, deletion_note
from runs.models import Run

NO_TASK = "A task that is no longer kept"


class HasTask(Protocol):
    """A run, or a row about one."""

    @property
    def task(self) -> str:
        """Empty where it was deleted."""


def titled(run: HasTask) -> str:
    """The task, or that it is gone."""
    return run.task or NO_TASK


def note_on(run: Run, *details: Detail) -> str:
    """Which of these details were deleted, and when; empty where they are kept."""
    gone = run.deleted_details
    return deletion_note({detail: gone[detail] for detail in details if detail in gone})
