"""One model for all patterns, ours and those of the package agent-patterns."""

from bench.papers import foreign
from bench.papers.lookups import LookUps
from bench.papers.others import Report, Search, Structure, schema_name, written
from bench.papers.provider import Body, Say

LOOK_UPS = 4
ISSUE = {"severity": "major", "where": "all", "problem": "It is thin.", "fix": "Say more."}
STEP = {"title": "Look", "instruction": "Look at it.", "done_when": "It was seen."}
PLAN = written(
    understanding="To say how it is.",
    known=["Nothing."],
    steps=[{"id": f"s{n}", **STEP, "depends_on": []} for n in range(1, 4)],
)
MODELS = {
    ("candidates", "scores"): Search(3).model,
    ("choice", "adapted", "structure", "solution"): Structure(3).model,
    ("perspectives", "draft_outline", "questions", "outline"): Report(3).model,
}
SAID = {
    "plan": PLAN,
    "step_result": written(result="It is so." * 10, status="ok", note="Seen."),
    "critique": written(verdict="revise", issues=[ISSUE], keep=[], criteria=[]),
    "verdict": written(criteria=[], verdict="success", score=1.0, feedback="Good."),
}
OF_SCHEMA = {name: model for names, model in MODELS.items() for name in names}


def model(body: Body) -> Say:
    """What is said to a request, whoever makes it."""
    if theirs := foreign.said(body):
        return theirs
    name = schema_name(body)
    return SAID.get(name) or OF_SCHEMA.get(name, LookUps(LOOK_UPS, at_once=1).model)(body)
