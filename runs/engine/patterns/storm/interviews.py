"""The part of STORM before anything is written: viewpoints, their questions, and what is found."""

from runs.engine.context import Context
from runs.engine.patterns.storm import checks, sections, steps
from runs.engine.patterns.storm.planning import plan, some_of, spared, told
from runs.engine.patterns.storm.report import known_only
from runs.engine.patterns.storm.research import Question, Research, Viewpoint
from runs.engine.patterns.storm.sections import Section
from runs.engine.patterns.storm.sources import SHORT_CHARS
from runs.engine.patterns.storm.steps import StormParams

# Where the model names none: those that the reference names.
STANDARD_VIEWPOINTS = ("Expert", "Practitioner", "Researcher", "Critic")
MAX_TASK_QUERY_CHARS = 200


class Interviews:
    """Asks from each viewpoint. `title` and `draft` are the outline before the research."""

    def __init__(self, ctx: Context, options: StormParams) -> None:
        self.research = Research(ctx, options.results_per_query)
        self.title = ""
        self.draft: list[Section] = []
        self._ctx = ctx
        self._options = options

    async def hold(self, most_viewpoints: int, most_sections: int) -> None:
        """Everything up to the last finding."""
        names = (self._options.given or STANDARD_VIEWPOINTS)[:most_viewpoints]
        self.research.viewpoints = [Viewpoint(name) for name in names]
        opening = [self._draft_outline(most_sections)]
        if not self._options.given:
            opening.append(self._choose_viewpoints(most_viewpoints))
        await some_of(self._ctx, *opening)
        people = range(len(self.research.viewpoints))
        await some_of(self._ctx, *(self._ask(place) for place in people))
        await self._search()
        for turn in range(1, self._options.follow_up_rounds + 1):
            await self._ask_on(turn)

    async def _choose_viewpoints(self, most: int) -> None:
        answer, found = await plan(
            self._ctx,
            steps.PERSPECTIVES,
            "perspectives",
            lambda found: checks.perspectives(found, most),
            limits=f"At most {most} viewpoints.",
        )
        if found:
            self.research.viewpoints = [
                Viewpoint(checks.plain(one["name"]), checks.plain(one["focus"]))
                for one in found["perspectives"]
            ]
        items = [{"title": one.name, "note": one.focus} for one in self.research.viewpoints]
        await self._ctx.artifact(steps.VIEWPOINTS, answer, items=items)

    async def _draft_outline(self, most: int) -> None:
        answer, found = await plan(
            self._ctx,
            steps.DRAFT_OUTLINE,
            "draft_outline",
            lambda found: checks.outline(found, most, ()),
            limits=f"At most {most} sections.",
        )
        if found:
            self.title, self.draft = sections.title(found["title"]), sections.planned(found)
            items = [{"title": one.title, "note": "; ".join(one.points)} for one in self.draft]
            await self._ctx.artifact(steps.DRAFT, answer, items=items)

    async def _ask(self, place: int) -> None:
        most = self._options.questions_per_perspective
        viewpoint = self.research.viewpoints[place]
        answer, found = await plan(
            self._ctx,
            steps.QUESTIONS,
            f"questions/{place + 1}",
            lambda found: checks.questions(found, most),
            f"Asking as {viewpoint.name}",
            outline=sections.told(self.draft),
            viewpoint=viewpoint.told,
            limits=f"At most {most} questions.",
        )
        self.research.questions[place] = [
            Question(checks.plain(one["text"]), checks.plain(one["query"]), one["section"])
            for one in (found["questions"] if found else ())
        ]
        items = [{"title": one.text, "note": one.query} for one in self.research.questions[place]]
        await self._ctx.artifact(steps.ASKED, answer, items=items)

    async def _search(self) -> None:
        asked = list(self.research.all_questions())
        if not asked:
            # Nobody asked a usable question: the task itself is what is searched for.
            task = checks.plain(self._ctx.spec.task)[:MAX_TASK_QUERY_CHARS]
            asked = [Question(task, task)]
            self.research.questions[0] = asked
        await self.research.search("search/0", asked)
        self._note()

    async def _ask_on(self, turn: int) -> None:
        """One more question of each viewpoint, side by side, and then its answer."""
        asked: dict[int, Question] = {}
        people = range(len(self.research.viewpoints))
        await spared(self._ctx, *(self._follow_up(place, turn, asked) for place in people))
        questions = dict(sorted(asked.items()))
        await self.research.search(f"search/{turn}", list(questions.values()))
        for place, question in questions.items():
            self.research.questions.setdefault(place, []).append(question)
        work = (self._settle(place, turn, one) for place, one in questions.items())
        await spared(self._ctx, *work)
        self._note()

    async def _follow_up(self, place: int, turn: int, asked: dict[int, Question]) -> None:
        viewpoint = self.research.viewpoints[place]
        _, found = await plan(
            self._ctx,
            steps.FOLLOW_UP,
            f"follow_up/{place + 1}/{turn}",
            checks.follow_up,
            f"Asking on as {viewpoint.name}",
            viewpoint=viewpoint.told,
            findings=self.research.heard_by(place),
        )
        if found and not found["done"]:
            asked[place] = Question(checks.plain(found["text"]), checks.plain(found["query"]))

    async def _settle(self, place: int, turn: int, question: Question) -> None:
        sources = self.research.sources.told(question.sources)
        messages = told(self._ctx, steps.SETTLE, question=question.text, sources=sources)
        request = self._ctx.request(steps.SETTLE, f"settle/{place + 1}/{turn}", messages)
        answer = await self._ctx.text(request, "answer the question.")
        question.answer, _ = known_only(answer.text, question.sources)

    def _note(self) -> None:
        self._ctx.notes[:] = [self.research.found_so_far(SHORT_CHARS)]
