"""What an error of a provider means, by its status and its words."""

import re

from runs.engine.provider import failures
from runs.engine.provider.dialects import windows
from runs.engine.provider.dialects.asking import FAILED_GENERATION
from runs.engine.provider.failures import Failure
from runs.engine.provider.words import Words

BY_STATUS = {
    401: failures.AUTHENTICATION,
    402: failures.INSUFFICIENT_QUOTA,
    403: failures.PERMISSION,
    404: failures.NOT_FOUND,
    408: failures.TIMEOUT,
    409: failures.PROVIDER_ERROR,  # two requests got in each other's way: another attempt may do
    424: failures.PROVIDER_ERROR,
    425: failures.PROVIDER_ERROR,
    429: failures.RATE_LIMITED,
    498: failures.RATE_LIMITED,
    499: failures.PROVIDER_ERROR,
}
NO_MONEY = re.compile(
    r"insufficient[_ -]?(?:user[_ ]?)?(?:quota|balance|credit|fund)|credit[_ ]?balance"
    r"|(?:no|out of|not enough|run out of) (?:more )?credits?|credits?[_ ](?:exhausted|remaining)"
    r"|billing[_ ](?:hard[_ ])?(?:limit|not)|payment[_ ]required"
    r"|balance (?:is )?(?:too low|not enough|insufficient)|in arrears|arrearage|\btop.?up|recharge"
    r"|any credits|available credits|spending limit|exceeded[_ ]current[_ ]quota"
    r"|budget[_ ](?:has been )?exceeded|account .{0,40}suspended|余额不足|欠费",
    re.IGNORECASE,
)
FILTERED = re.compile(
    r"content[_ ]?(?:filter|policy|management)|responsible_?ai|policy[_ ]violation"
    r"|(?:prompt|input|request) (?:was |is |has been )?(?:blocked|flagged|rejected by)"
    r"|data_?inspection_?failed|content[_ ]exists[_ ]risk|inappropriate content"
    r"|prohibited[_ ]content|sensitive (?:content|words)|敏感内容|guardrail"
    r"|moderation|safety (?:system|filter|setting|reason)",
    re.IGNORECASE,
)
FINAL = (400, 401, 402, 403, 404, 405, 410, 412, 413, 422, 429, 451, 500, None)
# The words by which endpoints name what HTTP has a status for, where they send none.
BY_WORD: tuple[tuple[re.Pattern[str], int], ...] = (
    (
        re.compile(
            r"rate.?limit|too many requests|resource_exhausted|throttl|limit reached|并发", re.I
        ),
        429,
    ),
    (re.compile(r"overload|unavailable|capacity|server_?error|internal", re.I), 503),
    (re.compile(r"invalid.?(?:api.?)?key|login fail|authenticat|unauthori", re.I), 401),
    (re.compile(r"permission|forbidden", re.I), 403),
    (re.compile(r"not.?found", re.I), 404),
    (
        re.compile(
            r"invalid.?(?:request|argument|param)|bad.?request|context.?(?:length|size)", re.I
        ),
        400,
    ),
)


def failure_of(status: int | None, words: Words) -> Failure:
    """The failure that an error is; `status` is None for an error inside an answer."""
    if status is None:
        if FAILED_GENERATION.search(words.all):
            return failures.PROVIDER_ERROR  # the model's next call may be one that can be read
        status = status_within(words)
    if status in FINAL and NO_MONEY.search(words.all):
        return failures.INSUFFICIENT_QUOTA
    if status in (400, 413, 422) and windows.tells_of_full(words.all):
        return failures.CONTEXT_FULL
    if status in (400, 403, 422, 451, None) and FILTERED.search(words.all):
        return failures.REFUSED
    if status is None or status >= 500:
        return failures.PROVIDER_ERROR
    return BY_STATUS.get(status, failures.BAD_REQUEST if status >= 400 else failures.REDIRECTED)


def status_within(words: Words) -> int | None:
    """The HTTP status that an error inside an answer would have had."""
    return words.status or _status_of(words)


def _status_of(words: Words) -> int | None:
    """What the kinds say, else the sentence."""
    for text in (" ".join(words.kinds), words.message):
        for pattern, status in BY_WORD:
            if pattern.search(text):
                return status
    return None
