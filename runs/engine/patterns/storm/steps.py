"""STORM's parameters, its steps, and the shapes of what they bring."""

from typing import Any

from pydantic import Field

from runs.engine.pattern import Params, StopReason
from runs.engine.patterns.storm import prompts
from runs.engine.shapes import TEXT, listed, shape
from runs.engine.step import Artifact, Step

MAX_GIVEN = 6
MAX_TITLE_CHARS = 150
MAX_QUERY_CHARS = 300


# They are written side by side.
MOST_SECTIONS = 10


class StormParams(Params):
    """How broadly a report is researched."""

    perspectives: str = Field(
        "",
        max_length=500,
        title="Viewpoints",
        description="Viewpoints, separated by commas; at most 6. Empty: it finds its own.",
    )
    max_perspectives: int = Field(
        3, ge=1, le=6, title="Most viewpoints", description="Most viewpoints that it finds."
    )
    max_sections: int = Field(
        6, ge=1, le=MOST_SECTIONS, title="Most sections", description="Most sections of the report."
    )
    questions_per_perspective: int = Field(
        5,
        ge=1,
        le=8,
        title="Questions a viewpoint",
        description="Most questions of each viewpoint at first.",
    )
    results_per_query: int = Field(
        4, ge=1, le=8, title="Sources a search", description="Most sources kept of one search."
    )
    follow_up_rounds: int = Field(
        0,
        ge=0,
        le=3,
        title="Follow-up rounds",
        description="Rounds in which each viewpoint asks one more question.",
    )
    allow_no_sources: bool = Field(
        False,
        title="Go on without sources",
        description="Write the report without sources where no web search is at hand.",
    )

    @property
    def given(self) -> list[str]:
        """The viewpoints that the user wants."""
        names = (" ".join(name.split()) for name in self.perspectives.split(","))
        return list(dict.fromkeys(name for name in names if name))[:MAX_GIVEN]

    @property
    def viewpoints(self) -> int:
        """The most viewpoints there will be."""
        return len(self.given) or self.max_perspectives


PERSPECTIVES = Step(
    key="perspectives",
    label="Choosing viewpoints",
    role="thinking",
    system=prompts.PERSPECTIVES_SYSTEM,
    user=prompts.PERSPECTIVES_USER,
    carries=("limits",),
    max_output_tokens=600,
)
DRAFT_OUTLINE = Step(
    key="draft_outline",
    label="Drafting the outline",
    role="thinking",
    system=prompts.DRAFT_OUTLINE_SYSTEM,
    user=prompts.DRAFT_OUTLINE_USER,
    carries=("limits",),
    max_output_tokens=1000,
    icon="plan",
)
QUESTIONS = Step(
    key="questions",
    label="Asking questions",
    role="thinking",
    system=prompts.QUESTIONS_SYSTEM,
    user=prompts.QUESTIONS_USER,
    carries=("outline", "viewpoint", "limits"),
    required=("task", "viewpoint"),
    max_output_tokens=1000,
    icon="help",
)
FOLLOW_UP = Step(
    key="follow_up",
    label="Asking on",
    role="thinking",
    system=prompts.FOLLOW_UP_SYSTEM,
    user=prompts.FOLLOW_UP_USER,
    carries=("viewpoint", "findings"),
    required=("task", "viewpoint", "findings"),
    max_output_tokens=300,
    icon="help",
    says=("text",),
)
SETTLE = Step(
    key="settle",
    label="Answering a question",
    role="thinking",
    system=prompts.SETTLE_SYSTEM,
    user=prompts.SETTLE_USER,
    carries=("question", "sources"),
    required=("task", "question", "sources"),
    max_output_tokens=500,
)
OUTLINE = Step(
    key="outline",
    label="Making the outline",
    role="thinking",
    system=prompts.OUTLINE_SYSTEM,
    user=prompts.OUTLINE_USER,
    carries=("outline", "findings", "sources", "limits"),
    required=("task", "sources"),
    max_output_tokens=1500,
    icon="plan",
)
SECTION = Step(
    key="section",
    label="Writing a section",
    role="documentation",
    system=prompts.SECTION_SYSTEM,
    user=prompts.SECTION_USER,
    carries=("outline", "sources", "section"),
    required=("task", "sources", "section"),
    max_output_tokens=1500,
    icon="book",
)
LEAD = Step(
    key="lead",
    label="Writing the lead",
    role="documentation",
    system=prompts.LEAD_SYSTEM,
    user=prompts.LEAD_USER,
    carries=("report",),
    required=("task", "report"),
    max_output_tokens=500,
    icon="book",
)
BRIEF = Step(
    key="brief",
    label="Writing a short report",
    role="documentation",
    system=prompts.BRIEF_SYSTEM,
    user=prompts.BRIEF_USER,
    carries=("findings",),
    required=("task", "findings"),
    max_output_tokens=1500,
    writes=True,
    icon="pen",
)

STEPS = (
    PERSPECTIVES,
    DRAFT_OUTLINE,
    QUESTIONS,
    FOLLOW_UP,
    SETTLE,
    OUTLINE,
    SECTION,
    LEAD,
    BRIEF,
)

VIEWPOINTS = Artifact("viewpoints", "think")
DRAFT = Artifact("draft_outline", "plan")
ASKED = Artifact("questions", "help")
FOUND = Artifact("found", "search")
CONTENTS = Artifact("contents", "plan")

SECTIONS_MISSING = StopReason(
    "sections_missing",
    "sections missing",
    "Some of its sections could not be written",
    "Rerun it for a whole report.",
)

TEXTS = listed(TEXT)
NUMBERS = listed({"type": "integer"})

SCHEMAS: dict[str, dict[str, Any]] = {
    PERSPECTIVES.key: shape(perspectives=listed(shape(name=TEXT, focus=TEXT))),
    DRAFT_OUTLINE.key: shape(title=TEXT, sections=listed(shape(title=TEXT, points=TEXTS))),
    QUESTIONS.key: shape(questions=listed(shape(text=TEXT, query=TEXT, section=TEXT))),
    FOLLOW_UP.key: shape(done={"type": "boolean"}, text=TEXT, query=TEXT),
    OUTLINE.key: shape(
        title=TEXT,
        sections=listed(shape(id=TEXT, title=TEXT, points=TEXTS, source_ids=NUMBERS)),
    ),
}
