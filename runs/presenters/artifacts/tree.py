"""A search tree: each node below the one it went on from, best first, with its score."""

from dataclasses import dataclass, field

from runs.presenters.artifacts.fields import Data, count, rows, share, text

BEST = frozenset({"chosen", "answer"})
# Of a larger tree, only the way to the best node and what stands beside it is open.
MAX_OPEN = 40


@dataclass(slots=True)
class Node:
    """One state of the search; `children` went on from it."""

    id: str
    title: str
    note: str
    score: float | None
    visits: int
    state: str
    children: list["Node"] = field(default_factory=list)

    @property
    def best(self) -> bool:
        """True on the way that the answer follows."""
        return self.state in BEST

    @property
    def cut(self) -> bool:
        """True where the search went no further."""
        return self.state == "cut"

    @property
    def percent(self) -> str:
        """The score as the gauge draws it."""
        return f"{100 * (self.score or 0):.0f}"

    @property
    def rank(self) -> tuple[bool, float]:
        """Best first."""
        return not self.best, -(self.score or 0)


@dataclass(frozen=True, slots=True)
class Tree:
    """`note` counts nodes and says how good the best one is; a `large` one is partly folded."""

    roots: tuple[Node, ...]
    note: str
    large: bool

    template = "runs/artifacts/_tree.html"

    @property
    def summary(self) -> str:
        """In one line."""
        return self.note


def tree(data: Data) -> Tree:
    """Of `nodes`, whose ids are paths such as 0.2.1."""
    known: dict[str, Node] = {}
    roots: list[Node] = []
    for one in rows(data, "nodes"):
        id = text(one, "id")
        node = known[id] = Node(
            id=id,
            title=text(one, "title"),
            note=text(one, "note"),
            score=share(one, "score"),
            visits=count(one, "visits"),
            state=text(one, "state"),
        )
        above = known.get(id.rpartition(".")[0])
        (above.children if above else roots).append(node)
    for node in known.values():
        node.children.sort(key=lambda child: child.rank)
    return Tree(tuple(roots), _note([*known.values()]), len(known) > MAX_OPEN)


def _note(nodes: list[Node]) -> str:
    ends = [one for one in nodes if one.best and not any(child.best for child in one.children)]
    best = [f"best {one.score:.2f}" for one in ends if one.score is not None][:1]
    cut = sum(one.cut for one in nodes)
    counted = f"{len(nodes)} node{'' if len(nodes) == 1 else 's'}"
    return " · ".join([counted, *best, *([f"{cut} cut"] if cut else [])])
