"""What is wrong with a plan's order, whatever a model wrote."""

from hypothesis import given
from hypothesis import strategies as st

from runs.engine.plans import graph

IDS = st.sampled_from(["t1", "t2", "t3", "t4", "t5", "nobody"])
PLANS = st.dictionaries(IDS.filter(lambda id: id != "nobody"), st.sets(IDS, max_size=4))


def test_a_good_plan_has_no_faults():
    assert graph.faults({"a": [], "b": ["a"], "c": ["a", "b"]}) == []


def test_an_unknown_id_is_named():
    assert graph.faults({"a": ["x"]}) == ["a needs x, which is no task of the plan."]


def test_a_circle_is_named():
    (fault,) = graph.faults({"a": ["b"], "b": ["c"], "c": ["a"], "d": ["a"]})
    assert "in a circle" in fault
    assert all(task in fault for task in ("a", "b", "c"))


def test_a_task_that_needs_itself_is_a_circle():
    assert "in a circle: a, a" in graph.faults({"a": ["a"]})[0]


def test_repeated_ids_are_found_once_each_time_they_come_again():
    assert graph.repeated(["a", "b", "a", "c", "a"]) == ["a", "a"]


def test_what_is_behind_a_task():
    needs = {"a": [], "b": ["a"], "c": ["b"], "d": []}
    assert graph.behind("c", needs) == {"a", "b"}


def test_thousands_of_tasks_are_checked_at_once():
    needs = {str(n): [str(n - 1)] if n else [] for n in range(5000)}
    assert graph.faults(needs) == []
    assert len(graph.behind("4999", needs)) == 4999


@given(PLANS)
def test_a_plan_without_faults_can_be_worked_off(needs: dict[str, set[str]]):
    if graph.faults(needs):
        return
    done: set[str] = set()
    while len(done) < len(needs):
        ready = [task for task in needs if task not in done and needs[task] <= done]
        assert ready
        done.update(ready)
