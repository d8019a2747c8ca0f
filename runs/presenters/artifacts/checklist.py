"""A plan as a list: what is done, what is being done, and what needs what."""

from dataclasses import dataclass

from runs.presenters.artifacts.fields import Data, rows, text, words
from runs.presenters.artifacts.progress import DONE, Progress, Steps


@dataclass(frozen=True, slots=True)
class Item:
    """One task of a plan; `said` is what came of it, or else what is to be known of it.

    One without a step of its own is `listed` only.
    """

    id: str
    title: str
    note: str
    needs: tuple[str, ...]
    progress: Progress
    listed: bool

    @property
    def said(self) -> str:
        """The newest that is known."""
        if self.progress.said:
            return self.progress.said
        needs = f"needs {', '.join(self.needs)}" if self.needs else ""
        return ", ".join(filter(None, (self.note, needs)))


@dataclass(frozen=True, slots=True)
class Checklist:
    """`note` counts what is done."""

    items: tuple[Item, ...]

    template = "runs/artifacts/_items.html"

    @property
    def done(self) -> int:
        """How many tasks are."""
        return sum(item.progress.state == DONE for item in self.items)

    @property
    def listed(self) -> bool:
        """True when no step works on any of them."""
        return all(item.listed for item in self.items)

    @property
    def note(self) -> str:
        """How far it is, or how long."""
        count = len(self.items)
        return str(count) if self.listed else f"{self.done} of {count} done"

    @property
    def summary(self) -> str:
        """In one line."""
        return ", ".join(item.title for item in self.items)


def items_of(data: Data, steps: Steps) -> tuple[Item, ...]:
    """The tasks with how far each is."""
    return tuple(
        Item(
            id=text(one, "id") or str(place),
            title=text(one, "title") or text(one, "id"),
            note=text(one, "note"),
            needs=words(one, "needs"),
            progress=steps.progress(text(one, "key")) if one.get("key") else Progress(),
            listed=not one.get("key"),
        )
        for place, one in enumerate(rows(data, "items"), start=1)
    )


def checklist(data: Data, steps: Steps) -> Checklist:
    """Of `items`."""
    return Checklist(items_of(data, steps))
