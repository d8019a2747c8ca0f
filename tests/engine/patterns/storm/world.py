"""A model and a search for tests of STORM: what each step says can be changed by its key."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import orjson
from aiohttp import web

from runs.engine.patterns.storm.steps import STEPS
from runs.engine.registry import PATTERNS
from runs.engine.types import Spec
from tests.engine.harness import Harness
from tests.engine.scripted import Answer, Body, Provider, Say
from tests.engine.tools.web.servers import serving

STORM = PATTERNS["storm"]
PLANNED = ("perspectives", "draft_outline", "questions", "outline")
SPEC = Spec("Write about owls.", "storm", "m-1", tools=("web_search",))
SMALL = {"max_perspectives": 2, "max_sections": 2, "questions_per_perspective": 2}


async def storm(engine: Harness, **changes: Any) -> Any:
    """A small run."""
    return await engine.run(SPEC, **{"params": SMALL, **changes})


class Model:
    """Plays a whole run. `says` has another answer for a step, or a function of its request."""

    def __init__(self, provider: Provider) -> None:
        self.says: dict[str, Any] = {}
        self.asked: list[tuple[str, str]] = []
        provider.answer = self.answer

    def prompts(self, step: str) -> list[str]:
        """What the calls of a step were sent."""
        return [prompt for key, prompt in self.asked if key == step]

    def answer(self, body: Body) -> Answer:
        system = body["messages"][0]["content"]
        prompt = "\n".join(m["content"] for m in body["messages"][1:])
        step = next(step for step in STEPS if system.startswith(step.system))
        self.asked.append((step.key, prompt))
        said = self.says.get(step.key, getattr(self, f"_{step.key}"))
        said = said(prompt) if callable(said) else said
        return said if isinstance(said, Say) else Say(written(said))

    def _perspectives(self, prompt: str) -> Any:
        names = [f"Person {n}" for n in range(1, limit(prompt) + 1)]
        return {"perspectives": [{"name": name, "focus": "Things."} for name in names]}

    def _draft_outline(self, prompt: str) -> Any:
        sections = [{"title": f"Part {n + 1}", "points": ["a"]} for n in range(limit(prompt))]
        return {"title": "Owls, drafted", "sections": sections}

    def _questions(self, prompt: str) -> Any:
        who = re.search(r"Person \d+|Hunter|Keeper", prompt)
        return {
            "questions": [
                {"text": f"What {n}?", "query": f"{who and who[0]} {n}", "section": f"Part {n}"}
                for n in range(1, limit(prompt) + 1)
            ]
        }

    def _follow_up(self, prompt: str) -> Any:
        who = re.search(r"Person \d+", prompt)
        more = prompt.count("? (")
        return {"done": False, "text": "And then?", "query": f"{who and who[0]} more {more}"}

    def _settle(self, prompt: str) -> Any:
        return f"So it is [{numbers(prompt)[0]}]."

    def _outline(self, prompt: str) -> Any:
        known = numbers(prompt)
        most = limit(prompt)
        return outline(*(known[n::most] for n in range(most)))

    def _section(self, prompt: str) -> Any:
        cited = "".join(f"[{n}]" for n in numbers(prompt))
        title = prompt.split("<section>\n")[1].splitlines()[0]
        return f"About {title} {cited}."

    def _lead(self, prompt: str) -> Any:
        return "Owls, in short."

    def _brief(self, prompt: str) -> Any:
        return f"In short: owls [{(numbers(prompt) or [1])[0]}]."


class Search:
    """Gives two results of its own to each query. `answer` replaces them."""

    def __init__(self) -> None:
        self.queries: list[str] = []
        self.pause_s = 0.0
        self.under_way = 0
        self.most_at_once = 0
        self.answer: Callable[[str], list[dict[str, str]]] = self.results
        self.status = 200

    def results(self, query: str) -> list[dict[str, str]]:
        slug = query.replace(" ", "-").lower()
        return [result(f"{slug}/{n}") for n in (1, 2)]

    async def __call__(self, request: web.BaseRequest) -> web.Response:
        self.queries.append(request.query["q"])
        self.under_way += 1
        self.most_at_once = max(self.most_at_once, self.under_way)
        await asyncio.sleep(self.pause_s)
        self.under_way -= 1
        found = self.answer(request.query["q"])
        return web.Response(status=self.status, body=orjson.dumps({"results": found}))


@asynccontextmanager
async def searching() -> AsyncIterator[tuple[Search, dict[str, str]]]:
    """A search, and the secrets with which it is found."""
    search = Search()
    async with serving(search) as port:
        yield search, {"search_url": f"http://127.0.0.1:{port}/search"}


def in_turn(*said: Any) -> Callable[[str], Any]:
    """Says one after the other, and the last one from then on."""
    left = list(said)
    return lambda prompt: left.pop(0) if len(left) > 1 else left[0]


def result(path: str, snippet: str = "It is so.") -> dict[str, str]:
    return {"title": f"On {path}", "url": f"https://example.org/{path}", "content": snippet}


def outline(*sources: list[int], title: str = "Owls") -> dict[str, Any]:
    """A section for each list of sources."""
    return {
        "title": title,
        "sections": [
            {"id": f"s{n}", "title": f"Section {n}", "points": ["a point"], "source_ids": ids}
            for n, ids in enumerate(sources, 1)
        ],
    }


def numbers(prompt: str) -> list[int]:
    """The sources that a prompt lists."""
    return [int(n) for n in re.findall(r"^\[(\d+)\] ", prompt, re.MULTILINE)]


def limit(prompt: str) -> int:
    found = re.search(r"At most (\d+)", prompt)
    assert found, prompt
    return int(found[1])


def written(said: Any) -> str:
    return said if isinstance(said, str) else orjson.dumps(said).decode()
