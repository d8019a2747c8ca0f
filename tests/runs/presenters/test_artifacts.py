"""Artifacts as boxes: their forms, how far they are, and whatever a model wrote."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
from django.template.loader import render_to_string
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runs.presenters.artifacts.box import artifact
from runs.presenters.artifacts.checklist import Checklist
from runs.presenters.artifacts.graph import Graph
from runs.presenters.artifacts.progress import Steps
from runs.presenters.artifacts.tables import Diff, Pairs, Sources
from runs.presenters.artifacts.tree import Tree

PLAN = [
    {"id": "t1", "title": "Look", "key": "p/task/t1"},
    {"id": "t2", "title": "Look too", "key": "p/task/t2"},
    {"id": "t3", "title": "Add", "key": "p/task/t3", "needs": ["t1", "t2"]},
]


@dataclass
class Row:
    """A row of the list of steps."""

    key: str
    status: str = "done"
    is_tool: bool = False
    cost_usd: Decimal = Decimal("0.002")
    preview: str = "found it"
    duration_ms: int = 100


def shown(steps: list[Row] | None = None, **data: Any) -> Any:
    return artifact({"kind": "plan", "key": "p/plan", **data}, Steps(steps or [])).shown


def html(steps: list[Row] | None = None, **data: Any) -> str:
    made = artifact({"kind": "plan", "key": "p/plan", **data}, Steps(steps or []))
    return render_to_string("runs/artifacts/_box.html", {"made": made})


def test_a_plan_shows_how_far_each_of_its_tasks_is():
    steps = [
        Row("p/task/t1"),
        Row("p/task/t1/repair"),
        Row("p/task/t2", "started", preview=""),
        Row("p/task/t10"),
    ]
    plan = shown(steps, items=PLAN)
    assert isinstance(plan, Checklist)
    assert [item.progress.state for item in plan.items] == ["done", "live", "waiting"]
    assert plan.items[0].progress.cost_usd == Decimal("0.004")
    assert plan.note == "1 of 3 done"
    assert [item.said for item in plan.items] == ["found it", "", "needs t1, t2"]


def test_many_sources_are_folded():
    few = [{"n": n, "title": "A page", "url": "https://example.org/"} for n in range(5)]
    assert "Show all" not in html(sources=few)
    assert "Show all 6 sources" in html(sources=[*few, few[0]])


def test_a_list_whose_items_have_no_steps_is_counted():
    questions = shown(items=[{"title": "Who?"}, {"title": "Why?"}])
    assert (questions.note, questions.summary) == ("2", "Who?, Why?")


def test_what_steps_are_drawn_into_grows():
    def grows(**data: Any) -> bool:
        return artifact({"kind": "plan", **data}, Steps([])).grows

    assert grows(items=PLAN)
    assert not grows(items=[{"title": "Who?"}])
    assert not grows(pairs=[{"name": "a", "text": "b"}])
    assert grows(nodes=[{"id": "0"}])


def test_a_step_that_failed_last_is_failed():
    (item, *_) = shown([Row("p/task/t1"), Row("p/task/t1/again", "failed")], items=PLAN).items
    assert item.progress.state == "failed"


def test_a_graph_has_a_column_for_each_depth_and_says_what_was_saved():
    steps = [Row("p/task/t1", duration_ms=300), Row("p/task/t2"), Row("p/task/t3")]
    graph = artifact({"kind": "graph", "key": "p/plan", "items": PLAN}, Steps(steps)).shown
    assert isinstance(graph, Graph)
    assert [box.x for box in graph.boxes] == [2, 2, 246]
    assert len(graph.edges) == 2
    assert graph.saved_ms == 500 - 400
    assert "t3 Add needs t1, t2: done." in graph.words
    assert "saved 0.1 s" in html(steps, kind="graph", items=PLAN)


@pytest.mark.parametrize(
    "items",
    [
        [{"id": "a", "needs": ["a"]}],
        [{"id": "a", "needs": ["b"]}, {"id": "b", "needs": ["a"]}],
        [{"id": "a", "needs": ["nobody"]}, {"id": "a"}, {}],
        [{"id": str(n), "needs": [str(n - 1)]} for n in range(500)],
    ],
)
def test_no_plan_is_too_odd_to_draw(items: list[dict[str, Any]]):
    assert html(kind="graph", items=items)


def test_a_tree_is_nested_by_its_paths():
    tree = shown(
        nodes=[
            {"id": "0", "title": "Start", "score": 0.5, "visits": 3, "state": "chosen"},
            {"id": "0.1", "title": "One way", "score": 0.9, "visits": 2, "state": "answer"},
            {"id": "0.2", "title": "Another", "score": 0.1, "visits": 1, "state": "cut"},
            {"id": "0.1.1", "title": "Further", "score": "8/10"},
        ]
    )
    assert isinstance(tree, Tree)
    (root,) = tree.roots
    assert [child.title for child in root.children] == ["One way", "Another"]
    assert root.children[0].children[0].score is None
    assert tree.note == "4 nodes · best 0.90 · 1 cut"


def test_a_tree_shows_the_best_first_and_the_way_to_the_answer_before_all_else():
    tree = shown(
        nodes=[
            {"id": "0"},
            {"id": "0.1", "title": "Unscored", "state": "cut"},
            {"id": "0.2", "title": "Good", "score": 0.7},
            {"id": "0.3", "title": "Better", "score": 0.8},
            {"id": "0.4", "title": "Chosen", "score": 0.6, "state": "answer"},
        ]
    )
    titles = [child.title for child in tree.roots[0].children]
    assert titles == ["Chosen", "Better", "Good", "Unscored"]


def test_of_a_large_tree_only_what_stands_beside_the_best_way_is_open():
    def nodes(beside: int) -> list[dict[str, Any]]:
        way = [{"id": "0", "state": "chosen"}, {"id": "0.1", "title": "Best", "state": "answer"}]
        others = [{"id": f"0.{n}", "title": "Beside"} for n in range(2, 2 + beside)]
        return [*way, *others, {"id": "0.2.1", "title": "Deeper"}]

    assert "<summary>" not in html(nodes=nodes(37)).partition("artifact-foot")[0]
    folded = html(nodes=nodes(38)).partition("artifact-foot")[0]
    assert folded.count("<summary>") == 1
    assert "1 below" in folded.partition("Deeper")[0]


def test_pairs_sources_and_versions():
    assert isinstance(
        pairs := shown(pairs=[{"name": "Split", "text": "Into days."}], unused=9), Pairs
    )
    assert pairs.note == "1 of 10"
    assert "Chosen" in html(pairs=[{"name": "Split", "text": "Into days."}], unused=9)
    assert "Chosen" in html(pairs=[{"name": "Split"}])
    assert "Chosen" not in html(pairs=[{"name": "Split", "text": "Into days."}])
    sources = shown(
        sources=[
            {"n": 1, "title": "A page", "url": "https://example.org/a"},
            {"n": 2, "title": "A trap", "url": "javascript:alert(1)"},
            {"n": 3, "url": "http://[bad"},
        ]
    )
    assert isinstance(sources, Sources)
    assert [source.url for source in sources.sources] == ["https://example.org/a", "", ""]
    assert isinstance(diff := shown(before="a\nb", after="a\nc"), Diff)
    assert diff.lines == (("kept", "a"), ("removed", "b"), ("added", "c"))


def test_a_table_is_shown():
    page = html(columns=["Trial", "Verdict"], rows=[["1", "<b>failed</b>"]])
    assert '<th scope="col">Verdict</th>' in page
    assert "&lt;b&gt;failed&lt;/b&gt;" in page


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["id", "title", "needs", "key", "score", "visits", "state", "name", "n"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)
FIELDS = ["items", "nodes", "pairs", "columns", "rows", "sources", "after", "issues", "unused"]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(["plan", "graph"]), st.dictionaries(st.sampled_from(FIELDS), JSON))
def test_whatever_an_artifact_holds_it_has_a_page(kind: str, data: dict[str, Any]):
    assert "artifact-head" in html(kind=kind, **data)
