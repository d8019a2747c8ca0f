"""A plan as a graph: a column for each depth, a box for each task, a line for each need."""

from collections.abc import Iterable
from dataclasses import dataclass

from runs.presenters.artifacts.checklist import Checklist, Item, items_of
from runs.presenters.artifacts.fields import Data
from runs.presenters.artifacts.progress import DONE, LIVE, Steps

BOX_WIDTH, BOX_HEIGHT = 146, 38
COLUMN, ROW, MARGIN = 244, 54, 2
TITLE_CHARACTERS = 20
# A drawing of more tasks says less than the list.
MAX_TASKS = 40


@dataclass(frozen=True, slots=True)
class Box:
    """A task at its place, in the drawing's units."""

    item: Item
    x: int
    y: int

    @property
    def title(self) -> str:
        """What fits into the box."""
        return _clipped(f"{self.item.id} {self.item.title}")

    @property
    def note(self) -> str:
        """A second line that fits."""
        return _clipped(self.item.note)

    @property
    def live(self) -> bool:
        """True while it is worked on."""
        return self.item.progress.state == LIVE

    @property
    def middle(self) -> int:
        """The height at which lines meet the box."""
        return self.y + BOX_HEIGHT // 2

    @property
    def mark(self) -> tuple[int, int]:
        """Where its state is marked."""
        return self.x + BOX_WIDTH - 20, self.middle

    @property
    def text_x(self) -> int:
        """Where its lines begin."""
        return self.x + 10


@dataclass(frozen=True, slots=True)
class Edge:
    """A line from a task to one that needs it; live while that one is worked on."""

    path: str
    live: bool


@dataclass(frozen=True, slots=True)
class Graph(Checklist):
    """The tasks as boxes and lines, with what working side by side has saved."""

    boxes: tuple[Box, ...] = ()
    edges: tuple[Edge, ...] = ()
    width: int = 0
    height: int = 0
    box_width: int = BOX_WIDTH
    box_height: int = BOX_HEIGHT

    template = "runs/artifacts/_graph.html"

    @property
    def words(self) -> str:
        """The drawing in words."""
        return " ".join(
            f"{item.id} {item.title}"
            + (f" needs {', '.join(item.needs)}" if item.needs else "")
            + f": {item.progress.state}."
            for item in self.items
        )

    @property
    def saved_ms(self) -> int:
        """How much longer the tasks would take one after another, once all have ended."""
        if self.done < len(self.items):
            return 0
        ends: dict[str, int] = {}
        for item in (box.item for box in sorted(self.boxes, key=lambda box: box.x)):
            begins = max((ends.get(needed, 0) for needed in item.needs), default=0)
            ends[item.id] = begins + item.progress.duration_ms
        took = max(ends.values(), default=0)
        return sum(item.progress.duration_ms for item in self.items) - took


def graph(data: Data, steps: Steps) -> Checklist:
    """Of `items`; a list where a drawing would be too large."""
    items = items_of(data, steps)
    if len(items) > MAX_TASKS:
        return Checklist(items)
    boxes = {box.item.id: box for box in _placed(items)}
    edges = tuple(
        _edge(boxes[needed], box)
        for box in boxes.values()
        for needed in box.item.needs
        if needed in boxes and boxes[needed].x < box.x
    )
    return Graph(
        items,
        tuple(boxes.values()),
        edges,
        max((box.x for box in boxes.values()), default=0) + BOX_WIDTH + MARGIN,
        max((box.y for box in boxes.values()), default=0) + BOX_HEIGHT + MARGIN,
    )


def _depths(items: Iterable[Item]) -> dict[str, int]:
    """The column of each task: one after the last that it needs. Unknown needs don't count."""
    depths: dict[str, int] = {}
    open_ = list(items)
    known = {item.id for item in open_}
    while open_:
        later = []
        for item in open_:
            needs = known & set(item.needs) - {item.id}
            if needs <= depths.keys():
                depths[item.id] = 1 + max((depths[needed] for needed in needs), default=-1)
            else:
                later.append(item)
        if len(later) == len(open_):
            depths |= dict.fromkeys((item.id for item in later), 0)
            break
        open_ = later
    return depths


def _placed(items: tuple[Item, ...]) -> Iterable[Box]:
    depths = _depths(items)
    filled: dict[int, int] = {}
    for item in items:
        column = depths[item.id]
        row = filled.get(column, 0)
        filled[column] = row + 1
        yield Box(item, MARGIN + column * COLUMN, MARGIN + row * ROW)


def _edge(first: Box, then: Box) -> Edge:
    start, end = first.x + BOX_WIDTH, then.x
    middle = (start + end) // 2
    bend = f"{middle} {first.middle} {middle} {then.middle} {end} {then.middle}"
    path = f"M{start} {first.middle}C{bend}"
    return Edge(path, then.live and first.item.progress.state == DONE)


def _clipped(words: str) -> str:
    return words if len(words) <= TITLE_CHARACTERS else f"{words[: TITLE_CHARACTERS - 1]}…"
