"""A search tree: each node below the one it went on from, with its score."""

from dataclasses import dataclass, field

from runs.presenters.artifacts.fields import Data, count, rows, share, text

BEST = frozenset({"chosen", "answer"})


@dataclass(slots=True)
class Node:
    """One state of the search; `children` went on from it."""

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


@dataclass(frozen=True, slots=True)
class Tree:
    """`note` counts nodes and visits."""

    roots: tuple[Node, ...]
    note: str

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
        node = known[text(one, "id")] = Node(
            title=text(one, "title"),
            note=text(one, "note"),
            score=share(one, "score"),
            visits=count(one, "visits"),
            state=text(one, "state"),
        )
        above = known.get(text(one, "id").rpartition(".")[0])
        (above.children if above else roots).append(node)
    nodes = len(known)
    cut = sum(node.cut for node in known.values())
    note = f"{nodes} node{'' if nodes == 1 else 's'}" + (f" · {cut} cut" if cut else "")
    return Tree(tuple(roots), note)
