"""What answers say of rate limits, in the spellings that clients know."""

from collections.abc import Mapping

from web.ratelimit import Counted


def rate_headers(counted: Counted) -> dict[str, str]:
    """`X-RateLimit-*` of the tightest limit, `RateLimit` and its policy of all, the tightest first.

    Once a limit is passed, `Retry-After` too. See draft-ietf-httpapi-ratelimit-headers-11.
    """
    usages = counted.by_tightness
    tightest = usages[0]
    headers = {
        "X-RateLimit-Limit": str(tightest.limit.quota),
        "X-RateLimit-Remaining": str(tightest.remaining),
        "X-RateLimit-Reset": str(tightest.reset_s),
        "RateLimit-Policy": ", ".join(
            f'"{one.limit.policy}";q={one.limit.quota};w={one.limit.window_s}' for one in usages
        ),
        "RateLimit": ", ".join(
            f'"{one.limit.policy}";r={one.remaining};t={one.reset_s}' for one in usages
        ),
    }
    if not counted.allowed:
        headers["Retry-After"] = str(tightest.reset_s)
    return headers


def openai_rate_headers(ours: Mapping[str, str]) -> dict[str, str]:
    """The tightest limit as OpenAI's own clients read it, from the headers of `rate_headers`."""
    return {
        "x-ratelimit-limit-requests": ours["X-RateLimit-Limit"],
        "x-ratelimit-remaining-requests": ours["X-RateLimit-Remaining"],
        "x-ratelimit-reset-requests": _duration(int(ours["X-RateLimit-Reset"])),
    }


def _duration(seconds: int) -> str:
    """As in `59s`, `1m0s` and `2h5m0s`."""
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}h{minutes}m{rest}s"
    return f"{minutes}m{rest}s" if minutes else f"{rest}s"
