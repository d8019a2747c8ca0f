"""What a model says to the patterns of the package agent-patterns, in the forms that they read.

Their requests are known by the first word of the system prompt, which their side sets: the wheel of
0.2.4 brings no prompts of its own.
"""

from bench.papers.lookups import ANSWER, NAME
from bench.papers.provider import Body, Say

MARK = "FOREIGN"
PLACES = range(1, 5)
REWOO_PLAN = "PLAN: Look all up -> {E1} {E2} {E3} {E4}\n\n" + "\n\n".join(
    f'SOLVER: E{n}\nTOOL: {NAME}\nPARAMS: {{"item": "item {n}"}}' for n in PLACES
)
GRAPH = "\n\n".join(
    f'NODE: t{n}\nTOOL: {NAME}\nARGS: {{"item": "item {n}"}}\nDEPENDS_ON: []' for n in PLACES
)
REVIEW = "It is incomplete, vague and unclear, and it lacks reasons."


def said(body: Body) -> Say | None:
    """An answer to one of their requests; None to any other."""
    mark, _, step = str(body["messages"][0]["content"]).partition(" ")
    if mark != MARK:
        return None
    if step == "ThoughtStep":
        return Say(_thought(str(body["messages"][1]["content"])))
    texts = {"WorkerPlan": REWOO_PLAN, "PlanGraph": GRAPH, "Reflect": REVIEW}
    return Say(texts[step]) if step in texts else ANSWER


def _thought(asked: str) -> str:
    """The next look-up; after the last one, the answer."""
    n = asked.count("Observation:") + 1
    if n > len(PLACES):
        return f"Thought: That is all.\nAction: Final Answer\nAction Input: {ANSWER.text}"
    return f"Thought: I look up what is missing.\nAction: {NAME}\nAction Input: item {n}"
