"""How much a model takes and writes, read from the words of its refusal."""

import re
from dataclasses import dataclass

NUMBER = r"(\d[\d,_]*)"
TOKENS = r"(?:tokens?|token count)"
CAPS = ("max_tokens", "max_completion_tokens")
CAP = f"(?:{'|'.join(CAPS)})"
# Each finds one number. They are looked for in this order.
OUTPUT = (
    rf"supports? (?:at most|up to|a maximum of) {NUMBER} (?:completion|output)",
    rf"(?:{CAP}|maximum tokens)\W.{{0,40}}> {NUMBER}, which is the maximum",
    rf"range of {CAP}.{{0,20}}\[\d+, ?{NUMBER}\]",
    rf"{CAP}\W.{{0,60}}(?:less than or equal to|lower than|at most|<=)\W*{NUMBER}",
    rf"(?:tokens you requested|max tokens).{{0,60}}(?:limit of|or equal to) {NUMBER}",
    rf"{CAP} \([\d,]+\) exceeds .{{0,40}}maximum of {NUMBER}",
    rf"maxoutputtokens.{{0,80}}\bto {NUMBER}",
    rf"{CAP}\W.{{0,60}}(?:between \d+ and|maximum (?:allowed|value)(?: is)?|limit of) {NUMBER}",
    rf"{CAP} (?:cannot exceed|must be <=) {NUMBER}",
    rf"{CAP}.{{0,40}}(?:range|取值范围)(?: of| from|为)?\W*\d+(?:,| to) ?{NUMBER}",
    rf"max(?:imum)? output (?:tokens|length)(?: for this model)?(?: of| is)?:? {NUMBER}",
)
CONTEXT = (
    rf"(?:context|prompt) (?:length|window|size)\W{{0,3}}(?:of only|of|is|=|:)? ?\(?{NUMBER}",
    rf"context (?:limit|length|size)[^.]{{0,20}}: {NUMBER} \+ \d+ > {NUMBER}",
    rf"{NUMBER} {TOKENS} > {NUMBER}",
    rf"maximum number of {TOKENS} allowed \({NUMBER}\)",
    rf"with {NUMBER} maximum context",
    rf"(?<!{CAPS[0]} )(?<!{CAPS[1]} )(?:must be <=|cannot exceed) {NUMBER}",
    rf"(?:less than|token limit:|max size:) {NUMBER}",
    rf"n_ctx\W{{0,4}}{NUMBER}",
    rf"input length.{{0,20}}\[\d+, ?{NUMBER}\]",
    rf"limit {NUMBER}, requested",
    rf"limit (?:for this model is|of this model is) {NUMBER}",
    rf"(?<!requested )exceeds? (?:the )?(?:model(?:'s)? )?limit of {NUMBER}",
    rf"context window limit \(?{NUMBER}",
    rf"only supports up to {NUMBER}",
    rf"while limit is {NUMBER}",
    rf"maximum model length of {NUMBER}",
    rf"max_(?:total_tokens|model_len)={NUMBER}",
    rf"exceeds? (?:the )?model(?:'s)? maximum of {NUMBER} {TOKENS}",
)
PROMPT = (
    rf"\({NUMBER} (?:in the messages|of text input)",
    rf"{NUMBER} {TOKENS} from the input",
    rf"prompt {NUMBER} \+ completion",
    rf"resulted in {NUMBER}",
    rf"(?:prompt|input|request|messages?) (?:contains?|has|have)(?: at least)? {NUMBER}",
    rf"too long:? {NUMBER}",
    rf": {NUMBER} \+ \d+ > \d",
    rf"token count(?: of)? \(?{NUMBER}",
    rf"(?:request|input|prompt) \({NUMBER} {TOKENS}",
    rf"(?:given|received):? {NUMBER}",
    rf"n_prompt_tokens\W{{0,4}}{NUMBER}",
    rf"keep the first {NUMBER}",
    rf"token count is {NUMBER}",
    rf"prompt tokens \({NUMBER}",
    rf"prompt \(length {NUMBER}",
    rf"{NUMBER} {TOKENS} > \d",
)
# Of prompt and output together.
TOTAL = (
    rf"requested(?: about| a total of)? {NUMBER} {TOKENS}",
    rf"requested:? {NUMBER}",
    rf"current length is {NUMBER}",
    rf"maximum output tokens \({NUMBER}",
)
FULL = re.compile(
    r"context.?(?:length|window|size|limit)|maximum (?:prompt|context)"
    r"|(?:prompt|input|request).{0,30} too (?:long|large)|too many (?:input )?tokens"
    r"|reduce (?:the length|your (?:prompt|message))|token count.{0,40}exceed"
    r"|context_length_exceeded|max(?:imum)? (?:input )?length|model token limit"
    r"|tokens in request|limit (?:for|of) this model|model(?:'s)? limit"
    r"|exceeds? .{0,40}token limit|n_ctx|max_new_tokens|body too large|input length"
    r"|request_too_large|string too long|string_above_max_length|must have less than"
    r"|must be at least 1, got -|input token count|超长|max_model_len|model length"
    r"|prompt (?:tokens|length).{0,20}exceed",
    re.IGNORECASE | re.DOTALL,
)
# Limits of another kind: of a rate, or of the length of a name or an id.
OTHER = re.compile(
    r"per (?:minute|hour|day)|please wait|\bTPM\b|\bTPD\b|rate.?limit|\.id\b|\.name\b",
    re.IGNORECASE,
)
TOO_LARGE = 413


@dataclass(frozen=True, slots=True)
class Window:
    """What a refusal says in tokens: the window, this prompt, the most output. None: not said."""

    context: int | None = None
    prompt: int | None = None
    output: int | None = None


def tells_of_full(words: str) -> bool:
    """Whether a refusal says that the prompt, with the output asked for, is too long."""
    return FULL.search(words) is not None and not OTHER.search(words)


def read(words: str, status: int | None, cap: int) -> Window | None:
    """The window that a refusal tells of; None when it is about something else."""
    output = _number(OUTPUT, words)
    if OTHER.search(words) or not (output or status == TOO_LARGE or FULL.search(words)):
        return None
    if output and re.search(rf"\b{output} \(exclusive\)", words):
        output -= 1
    context = _number(CONTEXT, words)
    prompt = _number(PROMPT, words)
    total = _number(TOTAL, words)
    if prompt is None and total is not None and total > cap:
        prompt = total - cap
    return Window(context if context != output else None, prompt, output)


def _number(patterns: tuple[str, ...], words: str) -> int | None:
    for pattern in patterns:
        if found := re.search(pattern, words, re.IGNORECASE | re.DOTALL):
            return int(re.sub(r"\D", "", found[found.lastindex or 1]))
    return None
