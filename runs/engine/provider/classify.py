"""What an error of a provider means, by its status and its words."""

import re

from runs.engine.provider import failures
from runs.engine.provider.failures import Failure
from runs.engine.provider.words import Words

BY_STATUS = {
    401: failures.AUTHENTICATION,
    402: failures.INSUFFICIENT_QUOTA,
    403: failures.PERMISSION,
    404: failures.NOT_FOUND,
    408: failures.TIMEOUT,
    409: failures.PROVIDER_ERROR,  # two requests got in each other's way: another attempt may do
    425: failures.PROVIDER_ERROR,
    429: failures.RATE_LIMITED,
}
NO_MONEY = re.compile(
    r"insufficient[_ -]?(?:user[_ ]?)?(?:quota|balance|credit|fund)|credit[_ ]?balance"
    r"|(?:no|out of|not enough|run out of) (?:more )?credits?|credits?[_ ](?:exhausted|remaining)"
    r"|billing[_ ](?:hard[_ ])?(?:limit|not)|payment[_ ]required"
    r"|balance (?:is )?(?:too low|not enough)|in arrears|arrearage|top.?up|recharge",
    re.IGNORECASE,
)
FILTERED = re.compile(
    r"content[_ ]?(?:filter|policy|management)|responsible_?ai|policy[_ ]violation"
    r"|(?:prompt|input|request) (?:was |is |has been )?(?:blocked|flagged|rejected by)"
    r"|data_inspection_failed|content_exists_risk|inappropriate content|prohibited[_ ]content"
    r"|moderation|safety (?:system|filter|setting|reason)",
    re.IGNORECASE,
)
WINDOW = re.compile(
    r"context[_ -]?(?:length|window|size)|maximum context|prompt is too long|input is too long"
    r"|too many (?:input )?tokens|token count .{0,40}exceeds"
    r"|exceeds? .{0,40}(?:context|token limit)|reduce the length|n_ctx|string_above_max_length",
    re.IGNORECASE,
)
FINAL = (400, 401, 402, 403, 404, 405, 410, 413, 422, 429, 451, None)
# The words by which endpoints name what HTTP has a status for, where they send none.
BY_WORD: tuple[tuple[re.Pattern[str], int], ...] = (
    (re.compile(r"rate.?limit|too many requests|resource_exhausted|throttl", re.I), 429),
    (re.compile(r"overload|unavailable|capacity|server_?error|internal", re.I), 503),
    (re.compile(r"invalid.?(?:api.?)?key|authenticat|unauthori", re.I), 401),
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
        status = words.status or _status_of(words)
    if status in FINAL and NO_MONEY.search(words.all):
        return failures.INSUFFICIENT_QUOTA
    if status in (400, 413, 422) and WINDOW.search(words.all):
        return failures.CONTEXT_FULL
    if status in (400, 403, 422, 451) and FILTERED.search(words.all):
        return failures.REFUSED
    if status is None or status >= 500:
        return failures.PROVIDER_ERROR
    return BY_STATUS.get(status, failures.BAD_REQUEST if status >= 400 else failures.REDIRECTED)


def _status_of(words: Words) -> int | None:
    """What the kinds say, else the sentence."""
    for text in (" ".join(words.kinds), words.message):
        for pattern, status in BY_WORD:
            if pattern.search(text):
                return status
    return None
