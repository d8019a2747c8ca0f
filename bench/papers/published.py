"""What the papers say, as their tables have it."""

from typing import NamedTuple


class Tokens(NamedTuple):
    """ReWOO (arXiv 2305.18323), table 2: mean tokens of a question."""

    task: str
    react: int
    rewoo: int


class Speed(NamedTuple):
    """LLMCompiler (arXiv 2312.04511), tables 1 and 2: ReAct, parallel calls, LLMCompiler."""

    task: str
    seconds: tuple[float, float, float]
    input_tokens: tuple[int, int, int] | None = None


REWOO = (
    Tokens("HotpotQA", 9_795, 1_986),
    Tokens("TriviaQA", 4_213, 1_341),
    Tokens("GSM8K", 1_874, 1_089),
)
# ReWOO, table 3: tokens more or fewer when all tools fail.
FAILING_REACT, FAILING_REWOO = 851, -111
LLM_COMPILER = (
    Speed("ParallelQA", (35.9, 19.3, 16.7), (46_000, 25_000, 9_200)),
    Speed("Movie Rec.", (20.5, 7.4, 5.5)),
)
MOST_FASTER, MOST_CHEAPER = 3.7, 6.7
