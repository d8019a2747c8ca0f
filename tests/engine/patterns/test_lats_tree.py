"""The tree of a search: its figures, what is chosen next, and that it always comes to an end."""

from math import log, sqrt

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runs.engine.patterns.lats.candidates import Candidate
from runs.engine.patterns.lats.tree import Node, Tree


def grown(tree: Tree, node: Node, *scores: float | None, final: bool = False) -> list[Node]:
    """New nodes below one, with these scores."""
    new = tree.grow(node, [Candidate(f"{node.id}-{n}", final=final) for n in range(len(scores))])
    for one, score in zip(new, scores, strict=True):
        one.score = score
    return new


def figures(tree: Tree) -> dict[str, tuple[float | None, int]]:
    return {node["id"]: (node["score"], node["visits"]) for node in tree.shown(ended=False)}


def test_a_score_counts_for_every_node_on_its_way():
    tree = Tree("task", 5, 0.5)
    left, _ = grown(tree, tree.root, 0.8, 0.2)
    grown(tree, left, 0.5, None)
    assert figures(tree) == {
        "0": (0.5, 3),
        "0.1": (0.65, 2),
        "0.2": (0.2, 1),
        "0.1.1": (0.5, 1),
        "0.1.2": (None, 0),
    }


def test_ten_siblings_are_not_taken_for_each_other():
    tree = Tree("task", 5, 0.5)
    first, *_, tenth = grown(tree, tree.root, *[0.5] * 10)
    grown(tree, tenth, 0.9)
    assert figures(tree)[first.id] == (0.5, 1)


@pytest.mark.parametrize(("weight", "chosen"), [(0.0, "0.1.1"), (0.5, "0.1.1"), (3.0, "0.2")])
def test_it_weighs_what_is_good_against_what_was_seldom_tried(weight: float, chosen: str):
    tree = Tree("task", 5, 0.5)
    left, _ = grown(tree, tree.root, 0.8, 0.5)
    grown(tree, left, 0.8, 0.7)
    assert tree.choose(weight).id == chosen
    bounds = {
        "0.1.1": 2.3 / 3 + weight * sqrt(log(4) / 3),
        "0.2": 0.5 + weight * sqrt(log(4)),
    }
    assert max(bounds, key=lambda id: bounds[id]) == chosen


def test_of_equals_the_first_is_chosen():
    tree = Tree("task", 5, 0.5)
    grown(tree, tree.root, 0.5, 0.5, 0.5)
    assert tree.choose(1.41).id == "0.1"


def test_ends_are_not_chosen():
    tree = Tree("task", 5, 0.5)
    grown(tree, tree.root, None, 0.1)
    assert tree.choose(1.41).id == "0.2"
    (last,) = grown(tree, tree.choose(1.41), 0.9, final=True)
    assert not tree.is_open(tree.root)
    assert tree.best is last


def test_nothing_is_expanded_beyond_its_depth():
    tree = Tree("task", 2, 0.5)
    (first,) = grown(tree, tree.root, 0.5)
    assert tree.steps_left(first) == 1
    grown(tree, first, 0.5)
    assert not tree.is_open(tree.root)


def test_a_fair_answer_is_best_and_else_the_best_node():
    tree = Tree("task", 5, 0.5)
    unscored, think = grown(tree, tree.root, None, None)
    assert tree.best is unscored
    think.score = 0.9
    assert tree.best is think
    (answer,) = grown(tree, think, 0.4, final=True)
    assert tree.best is think
    answer.score = 0.6
    assert tree.best is answer
    assert [node.id for node in tree.path(answer)] == ["0.2", "0.2.1"]


def test_it_gets_on_while_a_score_rises_of_answers_or_of_all():
    tree = Tree("task", 5, 0.5)
    assert [*tree.heights] == [-1, -1]
    (first,) = grown(tree, tree.root, 0.8)
    assert [*tree.heights] == [0.8, -1]
    grown(tree, first, 0.3, final=True)
    assert [*tree.heights] == [0.8, 0.3]


def test_it_is_plain_json():
    tree = Tree("task", 5, 0.5)
    grown(tree, tree.root, 0.5, None)
    assert orjson.loads(orjson.dumps(tree.shown(ended=True))) == tree.shown(ended=True)


SCORES = st.lists(st.none() | st.floats(0, 1), max_size=3)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(SCORES, st.booleans()), max_size=40), st.floats(0, 10))
def test_whatever_comes_it_grows_at_an_open_node_until_there_is_none(
    turns: list[tuple[list[float | None], bool]], weight: float
):
    tree = Tree("task", 3, 0.5)
    for scores, final in turns:
        if not tree.is_open(tree.root):
            break
        node = tree.choose(weight)
        assert not node.expanded
        assert node is tree.root or node.score is not None
        grown(tree, node, *scores, final=final)
    shown = tree.shown(ended=True)
    visits = {node["id"]: node["visits"] for node in shown}
    assert sum(node["state"] == "answer" for node in shown) == (len(shown) > 1)
    for id in visits:
        below = sum(visits[one] for one in visits if one.rpartition(".")[0] == id)
        assert visits[id] - below in ({0, 1} if id != "0" else {0})
