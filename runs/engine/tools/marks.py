"""One rule for what tools return: it is data, and can't end the marks between which models read it.

Prompts have `<findings>…</findings>` and the like around such texts. A text that has an end of
them in it is changed there, so that what follows it stays inside. In JSON, the value is the same.
"""

import re

MARKS = (
    "answer|best_trial|candidates|criteria|draft|evidence|findings|lessons|limits|missing|modules"
    "|not_good_enough|outline|plan|question|remark|report|result|results|review|route|section"
    "|so_far|sources|step|structure|task|test|tools|viewpoint"
)
END = re.compile(rf"</(?=(?:{MARKS})\s*>)", re.IGNORECASE)


def inert(text: str) -> str:
    """The text, which ends no mark."""
    return END.sub(r"<\\/", text)
