"""The flow of STORM: interviews, the outline of what they found, and sections side by side."""

from collections.abc import Collection
from dataclasses import replace

from runs.engine.calls.closing import trim
from runs.engine.calls.request import Answer
from runs.engine.choosing import Suits
from runs.engine.context import Context
from runs.engine.pattern import Pattern
from runs.engine.patterns.storm import checks, report, sections
from runs.engine.patterns.storm.interviews import Interviews
from runs.engine.patterns.storm.planning import PURSE, as_data, plan, some_of, spared, told
from runs.engine.patterns.storm.research import SEARCH_TOOL
from runs.engine.patterns.storm.sections import Section
from runs.engine.patterns.storm.sources import SHORT_CHARS, listed
from runs.engine.patterns.storm.steps import (
    ASKED,
    BRIEF,
    CONTENTS,
    DRAFT,
    FOUND,
    LEAD,
    MOST_SECTIONS,
    OUTLINE,
    SECTION,
    SECTIONS_MISSING,
    STEPS,
    VIEWPOINTS,
    StormParams,
)
from runs.engine.types import AnswerKind, Result

# Besides those of viewpoints and sections: choosing viewpoints, draft, outline and lead.
OTHER_CALLS = 4
FINDINGS_BYTES = 12_000
REPORT_BYTES = 8_000
UNSOURCED = (
    "*No web search was at hand: this report has no sources, and nothing in it was checked.*"
)
THIN = "*The evidence for this section is thin: no source was found for it.*"
MISSING = "*This section was not written.*"
NEEDS_SEARCH = (
    "STORM needs the tool web_search, which this run doesn't have. Choose it, or allow a report "
    "without sources."
)


class Storm(Pattern[StormParams]):
    """Research from several viewpoints, an outline of what was found, and its sections."""

    key = "storm"
    label = "STORM"
    summary = "A long, sourced report; several views."
    icon = "page"
    suits = Suits(
        "It searches from several viewpoints, and each section cites what was found.",
        outcome=("report",),
        facts=("yes",),
    )
    params = StormParams
    steps = STEPS
    closing = BRIEF
    needs_tools = True
    stop_reasons = (SECTIONS_MISSING,)
    artifacts = (VIEWPOINTS, DRAFT, ASKED, CONTENTS, FOUND)

    def __init__(self, ctx: Context, options: StormParams) -> None:
        super().__init__(ctx, options)
        self.interviews = Interviews(ctx, options)
        self.research = self.interviews.research
        self.most_sections = options.max_sections
        self.title = ""
        self.sections: list[Section] = []
        self.written: dict[int, str] = {}
        self.faults: dict[int, list[str]] = {}
        self.lead = ""

    @classmethod
    def calls(cls, options: StormParams) -> tuple[int, int, int]:
        """4+P+S, one less with given viewpoints, and two for each follow-up question."""
        own = 0 if options.given else 1
        most = 3 + own + options.viewpoints + options.max_sections
        most += 2 * options.viewpoints * options.follow_up_rounds
        return 5 + own, most, most

    @classmethod
    def refusal(cls, options: StormParams, tools: Collection[str]) -> str:
        """Without a search, it would have to invent its evidence."""
        return "" if SEARCH_TOOL in tools or options.allow_no_sources else NEEDS_SEARCH

    async def work(self) -> Result:
        """Research, outline, sections, lead."""
        await self.interviews.hold(await self._choose_breadth(), self.most_sections)
        await self._outline()
        # The money for all of them can be held at once: see `_choose_breadth`.
        writing = (self._write(place) for place in range(len(self.sections)))
        await some_of(self.ctx, *writing, at_once=MOST_SECTIONS)
        if await spared(self.ctx, self._write_lead()):
            self.ctx.warnings.append("The report has no lead: it could not be written.")
        return self._delivered()

    async def _choose_breadth(self) -> int:
        """The most sections that the money carries; returns the most viewpoints."""
        wanted, people = self.options.max_sections, self.options.viewpoints
        each = 1 + 2 * self.options.follow_up_rounds
        self.most_sections = await self.ctx.breadth(
            SECTION,
            PURSE,
            "sections",
            wanted,
            lambda n: OTHER_CALLS + min(people, n) * each + n,
        )
        narrow = self.most_sections < wanted
        return min(people, self.most_sections) if narrow else people

    async def _outline(self) -> None:
        """The draft refined by what was found; the draft itself where that can't be used."""
        research, draft = self.research, self.interviews.draft
        numbers = research.sources.numbers
        answer, found = await plan(
            self.ctx,
            OUTLINE,
            "outline",
            lambda found: checks.outline(found, self.most_sections, numbers),
            f"Outlining from {len(numbers)} source{'' if len(numbers) == 1 else 's'}",
            outline=sections.told(draft),
            findings=trim(research.heard(), FINDINGS_BYTES),
            sources=research.sources.told(numbers, SHORT_CHARS),
            limits=f"At most {self.most_sections} sections.",
        )
        self.title = sections.title(found["title"]) if found else self.interviews.title
        self.sections = (
            sections.planned(found)
            if found
            else sections.without_outline(draft, research.all_questions(), numbers)
        )
        items = [self._item(place, one) for place, one in enumerate(self.sections, 1)]
        await self.ctx.artifact(CONTENTS, answer, items=items)
        shown = listed(research.sources.of(numbers))
        await self.ctx.artifact(FOUND, answer, sources=shown)

    def _item(self, place: int, section: Section) -> dict[str, str]:
        note = ", ".join(f"[{n}]" for n in section.sources) or "no source"
        key = self.ctx.key(f"section/{place}")
        return {"id": str(place), "title": section.title, "note": note, "key": key}

    async def _write(self, place: int) -> None:
        section, research = self.sections[place], self.research
        asked = research.about(section.sources)
        messages = told(
            self.ctx,
            SECTION,
            outline=sections.told(self.sections),
            sources=research.sources.told(section.sources),
            section=f"{section.told}\n\nWhat was asked:\n{asked}" if asked else section.told,
        )
        count = len(self.sections)
        request = self.ctx.request(
            SECTION,
            f"section/{place + 1}",
            messages,
            f"Writing “{section.title}”",
            n=place + 1,
            of=count,
        )
        answer = await self.ctx.text(request, "write the section.")
        self._keep(place, answer)

    def _keep(self, place: int, answer: Answer) -> None:
        section = self.sections[place]
        own = report.closed(report.without_title(answer.text))
        text, removed = report.known_only(own, section.sources)
        self.faults[place] = faults = []
        if removed:
            numbers = ", ".join(f"[{n}]" for n in sorted(removed))
            faults.append(f"citations of sources that it doesn't have were removed: {numbers}")
        if section.sources and not report.renumbered(text)[1]:
            faults.append("it cites no source")
        if answer.reply.finish_reason == "length":
            faults.append("it was cut at the output cap")
        self.written[place] = text
        self.ctx.draft = self._report()[0]

    async def _write_lead(self) -> None:
        most = REPORT_BYTES // len(self.sections)
        parts = [
            f"## {self.sections[place].title}\n\n{trim(text, most)}"
            for place, text in sorted(self.written.items())
        ]
        messages = told(self.ctx, LEAD, report="\n\n".join(parts))
        request = self.ctx.request(LEAD, "lead", messages)
        answer = await self.ctx.text(request, "write the lead.")
        cited = {n for place in self.written for n in self.sections[place].sources}
        self.lead = report.known_only(report.without_title(answer.text), cited)[0]

    def _report(self) -> tuple[str, list[int]]:
        """The report with its references, and the numbers of the sources that it cites."""
        bodies = [
            (section.title, self._body(place, section))
            for place, section in enumerate(self.sections)
        ]
        above = "" if self.research.can_search else UNSOURCED
        lead = "\n\n".join(filter(None, (above, self.lead)))
        text, cited = report.renumbered(report.assembled(self.title, lead, bodies))
        return text + report.references(self.research.sources.cited(cited)), cited

    def _body(self, place: int, section: Section) -> str:
        text = self.written.get(place, MISSING)
        thin = self.research.can_search and not section.sources and place in self.written
        return f"{THIN}\n\n{text}" if thin else text

    def _delivered(self, reason: str = "completed") -> Result:
        missing = [one.title for n, one in enumerate(self.sections) if n not in self.written]
        self.ctx.warnings += [f"The section “{title}” is missing." for title in missing]
        for place, faults in sorted(self.faults.items()):
            title = self.sections[place].title
            self.ctx.warnings += [f"The section “{title}”: {fault}." for fault in faults]
        kind: AnswerKind = "final" if reason == "completed" else "best_effort"
        if missing and reason == "completed":
            kind, reason = "partial", SECTIONS_MISSING.code
        text, cited = self._report()
        return self._sourced(text, cited, kind, reason)

    def _sourced(self, text: str, cited: list[int], kind: AnswerKind, reason: str) -> Result:
        self.ctx.warnings += self._warnings_of_searches()
        if self.ctx.form and not self.research.can_search:
            # A form has no place for the line above the report.
            self.ctx.warnings.append(UNSOURCED.strip("*"))
        result = self.ctx.succeeded(text, kind, reason)
        return replace(result, sources=tuple(listed(self.research.sources.cited(cited))))

    def _warnings_of_searches(self) -> list[str]:
        outcomes = self.research.outcomes
        failed = [one.text for one in outcomes if not one.ok]
        found = []
        if failed:
            found.append(f"{len(failed)} of {len(outcomes)} searches failed: {failed[0]}")
        if outcomes and not self.research.sources.numbers:
            found.append("No search found a source.")
        return found

    async def conclude(self, reason: str) -> Result:
        """The sections that are there; before there is one, a short report of what was found."""
        if self.written:
            return self._delivered(reason)
        answer = await self.ctx.closing_call(reason, findings=as_data(self._findings()))
        known = self.research.sources.numbers
        if self.ctx.form:
            # No reference may be put into it.
            return self._sourced(answer.text, known, "best_effort", reason)
        text, cited = report.renumbered(report.known_only(answer.text, known)[0])
        if not self.research.can_search:
            text = f"{UNSOURCED}\n\n{text}"
        text += report.references(self.research.sources.cited(cited))
        return self._sourced(text, cited, "best_effort", reason)

    def _findings(self) -> str:
        outline = self.sections or self.interviews.draft
        return f"{sections.told(outline)}\n\n{self.research.found_so_far(SHORT_CHARS)}"
