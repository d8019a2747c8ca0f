"""A pattern asks what its money carries, chooses by it, and chooses the same when it resumes."""

from runs.engine.clock import SystemClock
from runs.engine.context import Context
from runs.engine.memory import MemoryJournal
from runs.engine.ports import Ports
from runs.engine.step import Step
from runs.engine.tools.registry import ToolBox
from runs.engine.types import Purse, Spec
from tests.engine.harness import Harness, Limited

PART = Step("part", "Working", "execution", "Do part {part}.", "{task}", carries=("part",))


def context(engine: Harness, journal: MemoryJournal) -> Context:
    engine.journal = journal
    ports = Ports(
        journal, engine.model, engine.live, engine.stop, SystemClock(), ToolBox(()), engine.breakers
    )
    return Context(Spec("Do it.", "parts", "m-1"), PART, ports)


async def breadth(ctx: Context) -> int:
    return await ctx.breadth(PART, "part/breadth", "parts", 6, lambda parts: 2 * parts + 1)


async def test_without_a_limit_all_is_done_and_nothing_said(engine: Harness):
    ctx = context(engine, MemoryJournal())
    assert await ctx.purse(PART, "part/purse") is None
    assert await breadth(ctx) == 6
    assert engine.journal.events == []


async def test_the_bound_covers_what_a_call_may_carry(engine: Harness):
    journal = Limited(13)
    assert await context(engine, journal).purse(PART, "part/purse") == Purse("0.05", 13)
    ((model, max_input_tokens, max_output_tokens),) = journal.asked
    assert (model, max_output_tokens) == ("m-1", PART.max_output_tokens)
    assert max_input_tokens > 8000


async def test_money_for_all_changes_nothing(engine: Harness):
    assert await breadth(context(engine, Limited(13))) == 6
    assert engine.codes() == []


async def test_less_money_means_fewer_and_a_notice_with_the_figures(engine: Harness):
    assert await breadth(context(engine, Limited(9))) == 4
    (notice,) = engine.events("notice")
    assert notice == {
        "code": "breadth",
        "message": "Left: $0.05, about 9 calls. So it works with 4 of 6 parts.",
        "chosen": 4,
        "wanted": 6,
        "left_usd": "0.05",
        "calls": 9,
    }


async def test_one_is_tried_with_any_money(engine: Harness):
    assert await breadth(context(engine, Limited(0))) == 1


async def test_a_resumed_run_chooses_as_before_and_says_it_once(engine: Harness):
    journal = Limited(9)
    await breadth(context(engine, journal))
    journal.calls = 1
    assert await breadth(context(engine, journal)) == 4
    assert len(journal.asked) == 1
    assert len(engine.events("notice")) == 1
