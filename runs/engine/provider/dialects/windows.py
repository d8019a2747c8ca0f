"""How much a model takes and writes, read from the words of its refusal."""

import re
from dataclasses import dataclass

NUMBER = r"(\d[\d,_]*)"
TOKENS = r"(?:tokens?|token count)"
CAP = "max_(?:completion_)?tokens"
# Each finds one number. They are looked for in this order.
OUTPUT = (
    rf"supports? (?:at most|up to|a maximum of) {NUMBER} (?:completion|output)",
    rf"(?:{CAP}|maximum tokens)\W.{{0,40}}> {NUMBER}, which is the maximum",
    rf"range of {CAP}.{{0,20}}\[\d+, ?{NUMBER}\]",
    rf"{CAP}\W.{{0,60}}(?:less than or equal to|lower than|at most|<=)\W*{NUMBER}",
    rf"(?:tokens you requested|max tokens).{{0,60}}(?:limit of|or equal to) {NUMBER}",
    rf"maxoutputtokens.{{0,80}}\bto {NUMBER}",
)
CONTEXT = (
    rf"(?:context|prompt) (?:length|window|size)\W{{0,3}}(?:of only|of|is|=|:)? ?\(?{NUMBER}",
    rf"context (?:limit|length|size)[^.]{{0,20}}: {NUMBER} \+ \d+ > {NUMBER}",
    rf"{NUMBER} {TOKENS} > {NUMBER}",
    rf"maximum number of {TOKENS} allowed \({NUMBER}\)",
    rf"with {NUMBER} maximum context",
    rf"(?:must be <=|cannot exceed|less than|token limit:|max size:) {NUMBER}",
    rf"n_ctx\W{{0,4}}{NUMBER}",
    rf"input length.{{0,20}}\[\d+, ?{NUMBER}\]",
    rf"limit {NUMBER}, requested",
)
PROMPT = (
    rf"\({NUMBER} (?:in the messages|of text input)",
    rf"{NUMBER} {TOKENS} from the input",
    rf"resulted in {NUMBER}",
    rf"(?:prompt|input|request|messages?) (?:contains?|has|have)(?: at least)? {NUMBER}",
    rf"too long:? {NUMBER}",
    rf": {NUMBER} \+ \d+ > \d",
    rf"token count(?: of)? \(?{NUMBER}",
    rf"(?:request|input|prompt) \({NUMBER} {TOKENS}",
    rf"(?:given|received):? {NUMBER}",
    rf"n_prompt_tokens\W{{0,4}}{NUMBER}",
)
# Of prompt and output together.
TOTAL = (
    rf"requested(?: about| a total of)? {NUMBER} {TOKENS}",
    rf"requested:? {NUMBER}",
)
FULL = re.compile(
    r"context.?(?:length|window|size|limit)|maximum prompt|(?:prompt|input|request).{0,30} too "
    r"(?:long|large)|too many (?:input )?tokens|reduce (?:the length|your (?:prompt|message))"
    r"|token count.{0,40}exceed|context_length_exceeded|max(?:imum)? (?:input )?length"
    r"|model token limit|n_ctx|max_new_tokens|body too large|input length",
    re.IGNORECASE | re.DOTALL,
)
TOO_LARGE = 413


@dataclass(frozen=True, slots=True)
class Window:
    """What a refusal says in tokens: the window, this prompt, the most output. None: not said."""

    context: int | None = None
    prompt: int | None = None
    output: int | None = None


def read(words: str, status: int | None, cap: int) -> Window | None:
    """The window that a refusal tells of; None when it is about something else."""
    output = _number(OUTPUT, words)
    if not (output or status == TOO_LARGE or FULL.search(words)):
        return None
    context = _number(CONTEXT, words)
    prompt = _number(PROMPT, words)
    total = _number(TOTAL, words)
    if prompt is None and total is not None and total > cap:
        prompt = total - cap
    return Window(context, prompt, output if output != context else None)


def _number(patterns: tuple[str, ...], words: str) -> int | None:
    for pattern in patterns:
        if found := re.search(pattern, words, re.IGNORECASE | re.DOTALL):
            return int(re.sub(r"\D", "", found[found.lastindex or 1]))
    return None
