"""Whatever is written: it reaches the model as it is, and nothing in it is put in twice."""

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runs.engine.prompts import composed, messages
from runs.engine.registry import PATTERNS
from runs.engine.types import Spec

CALM = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
PARTS = st.sampled_from(["{", "}", "{task}", "{draft}", "{review}", "{x}", "%s", "\\1", "\n", "é"])
ANY = st.lists(st.one_of(PARTS, st.text("ab {}\\🎈", max_size=5)), max_size=8).map("".join)
SOME = ANY.filter(bool)
STEP = next(step for step in PATTERNS["reflection"].steps if "review" in step.variables)


def spec(task: str, **fields: Any) -> Spec:
    return Spec(task=task, pattern="reflection", model="m", **fields)


def sent(asked: Spec, **variables: str) -> tuple[str, str]:
    system, user = messages(asked, STEP, {"task": asked.task, **variables})
    return system["content"], user["content"]


@CALM
@given(task=ANY, instructions=SOME, goals=st.lists(ANY, max_size=3).map(tuple), draft=ANY)
def test_any_text_arrives_word_for_word(task, instructions, goals, draft):
    asked = spec(task, custom_instructions=instructions, goals=goals)

    system, user = sent(asked, draft=draft, review="fine")

    assert system.endswith(f"\n{instructions}")
    assert all(f"- {goal}" in system for goal in goals)
    assert task in user
    assert draft in user
    assert user == (
        STEP.user.replace("{task}", "\0t").replace("{draft}", "\0d").replace("{review}", "fine")
    ).replace("\0d", draft, 1).replace("\0t", task, 1)


@CALM
@given(before=ANY, after=ANY, task=ANY, draft=ANY)
def test_what_is_put_in_is_never_looked_at_again(before, after, task, draft):
    inert = [text.replace("{", "(") for text in (before, after)]
    own = f"{inert[0]}{{task}}|{{draft}}|{{review}}{inert[1]}"
    asked = spec(task, prompts={STEP.key: {"system": own, "user": own}})

    for message in sent(asked, draft=draft, review="{task}{draft}"):
        assert message == f"{inert[0]}{task}|{draft}|{{task}}{{draft}}{inert[1]}"


@CALM
@given(text=SOME)
def test_braces_that_name_no_variable_stay_in_an_override(text):
    inert = text.replace("{task}", "").replace("{draft}", "").replace("{review}", "") or "{"
    if any(f"{{{name}}}" in inert for name in STEP.variables):
        return
    asked = spec("T", prompts={STEP.key: {"system": inert}})

    assert sent(asked, draft="D", review="R")[0] == inert


@CALM
@given(task=ANY, own=SOME)
def test_a_preview_is_the_request_but_for_what_only_the_run_knows(task, own):
    asked = spec(task, prompts={STEP.key: {"user": own}})
    carried = {"draft": "{task}", "review": "{draft}"}

    for half, pieces in composed(asked, STEP, {"task": task}).items():
        filled = "".join(carried.get(piece.variable, piece.text) for piece in pieces)
        assert filled == dict(zip(("system", "user"), sent(asked, **carried), strict=True))[half]
