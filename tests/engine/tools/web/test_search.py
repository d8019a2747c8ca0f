"""Searches go to the configured endpoint alone, at a pace, and bring what can be shown."""

import asyncio
from typing import Any

import orjson
import pytest
from aiohttp import web

from runs.engine.clock import SystemClock
from runs.engine.ports import Ports
from runs.engine.tools.registry import TOOLS, ToolBox, offered
from runs.engine.tools.tool import Outcome, Pace, ToolContext
from runs.engine.tools.web import search
from runs.engine.tools.web.search import MAX_RESULTS, MAX_SEARCHES, WEB_SEARCH
from tests.engine.patterns.simulated import simulator
from tests.engine.tools.web.servers import serving

NONE = Pace(0)


async def ask(secrets: dict[str, str], pace: Pace = NONE, **arguments: str) -> Outcome:
    box = ToolBox(["web_search"])
    checked = box.check("web_search", orjson.dumps({"query": "owls"} | arguments).decode())
    assert isinstance(checked, dict), checked
    return await box.run(
        "web_search", checked, ToolContext(SystemClock(), None, secrets, pace=pace)
    )


def gives(answer: Any, status: int = 200, seen: list[Any] | None = None) -> Any:
    async def handler(request: web.BaseRequest) -> web.Response:
        if seen is not None:
            seen.append((request.method, dict(request.query), dict(request.headers)))
            seen.append(await request.read())
        body = answer if isinstance(answer, bytes) else orjson.dumps(answer)
        return web.Response(body=body, status=status)

    return handler


async def found(answer: Any) -> list[dict[str, str]]:
    async with serving(gives(answer)) as port:
        outcome = await ask({"search_url": f"http://127.0.0.1:{port}/search"})
    assert outcome.ok, outcome.text
    results: list[dict[str, str]] = orjson.loads(outcome.text)["results"]
    return results


async def test_searxng_is_asked_for_json():
    seen: list[Any] = []
    async with serving(gives({"results": []}, seen=seen)) as port:
        outcome = await ask(
            {"search_url": f"http://127.0.0.1:{port}/search"}, language="de", time_range="year"
        )
    method, query, _ = seen[0]
    assert method == "GET"
    assert query == {"q": "owls", "format": "json", "language": "de", "time_range": "year"}
    answer = orjson.loads(outcome.text)
    assert answer["results"] == []
    assert WEB_SEARCH.in_short(outcome.text) == "Nothing was found."
    assert answer["fetched_at"].endswith("+00:00")


async def test_tavily_is_asked_with_its_key(monkeypatch: pytest.MonkeyPatch):
    seen: list[Any] = []
    one = {"title": "Owls", "url": "https://example.org/", "content": "They hunt.", "score": 0.9}
    async with serving(gives({"results": [one]}, seen=seen)) as port:
        monkeypatch.setattr(search, "TAVILY_URL", f"http://127.0.0.1:{port}/search")
        outcome = await ask({"search_url": "", "tavily_key": "tvly-1"}, time_range="day")
    (method, _, headers), body = seen
    assert (method, headers["Authorization"]) == ("POST", "Bearer tvly-1")
    assert orjson.loads(body) == {"query": "owls", "max_results": 8, "time_range": "day"}
    assert "tvly-1" not in outcome.text
    assert orjson.loads(outcome.text)["results"] == [
        {"title": "Owls", "url": "https://example.org/", "snippet": "They hunt."}
    ]


async def test_results_are_cut_here_and_cleaned_of_markup():
    many = [
        {
            "title": f"<b>T{n}</b> &amp; more",
            "url": f"https://example.org/{n}",
            "content": "x" * 900,
        }
        for n in range(20)
    ]
    results = await found({"results": many})
    assert len(results) == MAX_RESULTS
    assert results[0]["title"] == "T0 & more"
    assert len(results[0]["snippet"]) == 500


async def test_results_that_can_not_be_linked_are_left_out():
    good = {"title": "Good", "url": "https://example.org/", "content": None}
    odd = [
        {"title": "Script", "url": "javascript:alert(1)"},
        {"title": "", "url": "https://example.org/2"},
        {"url": "https://example.org/3"},
        {"title": "Twice", "url": "https://example.org/"},
        {"title": "Long", "url": "https://example.org/" + "x" * 3000},
        "text",
        None,
    ]
    assert await found({"results": [good, *odd]}) == [
        {"title": "Good", "url": "https://example.org/", "snippet": ""}
    ]


@pytest.mark.parametrize("answer", [{}, [], {"results": None}, {"results": "x"}, b"null"])
async def test_an_answer_without_results_has_none(answer: Any):
    assert await found(answer) == []


@pytest.mark.parametrize(
    ("answer", "status", "said"),
    [
        ({"results": []}, 403, "status 403"),
        ({"results": []}, 302, "status 302"),
        (b"<html>", 200, "no JSON"),
        (b"x" * (2 * 1024 * 1024 + 1), 200, "more than can be read"),
    ],
)
async def test_a_failing_search_is_an_error_never_a_finding(answer: Any, status: int, said: str):
    async with serving(gives(answer, status)) as port:
        outcome = await ask({"search_url": f"http://127.0.0.1:{port}/"})
    assert outcome.code == "refused"
    assert said in outcome.text


async def test_an_endpoint_that_is_down_is_an_error():
    outcome = await ask({"search_url": "http://127.0.0.1:9/"})
    assert (outcome.code, outcome.text) == ("refused", "The search can't be reached.")


async def test_searches_of_a_run_keep_their_distance():
    pace, clock = Pace(0.05), SystemClock()
    began_s = clock.monotonic()
    turns: list[tuple[str, float]] = []

    async def turn(name: str) -> None:
        await pace.turn(name, clock)
        turns.append((name, clock.monotonic() - began_s))

    await asyncio.gather(*(turn("web_search") for _ in range(3)), turn("other"))
    assert [name for name, _ in turns] == ["web_search", "other", "web_search", "web_search"]
    searched_s = [at_s for name, at_s in turns if name == "web_search"]
    assert all(at_s >= n * 0.05 for n, at_s in enumerate(searched_s))
    assert Ports.__dataclass_fields__["gap_s"].default == 1.0


async def test_a_run_searches_only_so_often():
    context = ToolContext(SystemClock(), secrets={}, pace=Pace(0))
    box = ToolBox(["web_search"])
    for _ in range(MAX_SEARCHES):
        outcome = await box.run("web_search", {"query": "x"}, context)
    assert outcome.text == "No search is configured here."
    assert "limit of this run" in (await box.run("web_search", {"query": "x"}, context)).text


@pytest.mark.parametrize(
    "arguments", ["{}", '{"query": ""}', '{"query": "x", "url": "http://10.0.0.1/"}']
)
def test_a_model_chooses_what_is_searched_for_and_nothing_else(arguments: str):
    assert not isinstance(ToolBox(["web_search"]).check("web_search", arguments), dict)


def test_the_search_is_offered_where_it_is_configured():
    assert "web_search" in offered({"search_url": "http://search.example/"})
    assert "web_search" in offered({"search_url": "", "tavily_key": "tvly-1"})
    assert offered({"search_url": "", "tavily_key": ""}).keys() == TOOLS.keys() - {"web_search"}


async def test_the_simulators_search_says_that_it_is_simulated():
    async with simulator() as url:
        secrets = {"search_url": url.replace("/v1", "/sim/search")}
        outcome = await ask(secrets)
        again = await ask(secrets)
    results = orjson.loads(outcome.text)["results"]
    assert results == orjson.loads(again.text)["results"]
    assert len(results) == 5
    assert all("(simulated)" in one["title"] for one in results)
    assert all(one["snippet"].startswith("Simulated result") for one in results)
