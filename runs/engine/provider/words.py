"""What a provider says in an error, whatever the shape of its body, without what looks secret."""

import html
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from runs.engine.provider.json_text import NotJson, parse
from runs.engine.provider.text import cleaned

MAX_WORDS = 500
MAX_DEPTH = 6
SECRET = re.compile(
    r"\b(?:sk|pk|rk|ak|org|proj|key|xai|gsk|hf|r8|nvapi|pplx|fw|tgp|csk"
    r"|AIza|ghp|github_pat|glpat|sess|ya29|jina|ABSK|eyJ)[-_]?"
    r"(?=[\w-]*[\d*])[\w*.-]{8,}"
    r"|\b(?:sk|org|proj|key)[-_][\w*.-]{4,}"
    r"|\b(?:user|acct|team)[-_](?=\w*\d)\w{8,}"
    r"|(?<=bearer )\S+|(?<=basic )(?=\S*[\d=])[\w+/=]{12,}|(?<=://)[^\s/@]+:[^\s/@]+(?=@)"
    r"|(?<=key=)[\w.-]{6,}"
    r"|\b(?=[a-z0-9+=]*\d)(?=[0-9+=]*[a-z])[a-z0-9+=]{32,}",
    re.IGNORECASE,
)
TAG = re.compile(r"<(script|style)\b.*?</\1>|<[^>]*>", re.IGNORECASE | re.DOTALL)
TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)
# Where bodies keep their sentence, and the words that stand for a kind of error.
SENTENCES = (
    *("message", "msg", "detail", "error_description", "error_message", "error_msg", "status_msg"),
    *("faultstring", "messages", "title", "reason"),
)
KINDS = (
    *("code", "type", "status", "reason", "error_code", "error_type", "http_code", "status_code"),
    *("innererror", "metadata", "details"),
)
# Where bodies keep what is the error itself.
INNER = ("error", "errors", "fault", "base_resp")


@dataclass(frozen=True, slots=True)
class Words:
    """`message` is for people; `kinds` are codes and types, as the provider spells them."""

    message: str
    kinds: tuple[str, ...] = ()

    @property
    def all(self) -> str:
        """Everything in one text, for rules that look for a word."""
        return " ".join((self.message, *self.kinds))

    @property
    def status(self) -> int | None:
        """The HTTP status that one of the codes is."""
        return next((int(kind) for kind in self.kinds if re.fullmatch(r"[45]\d\d", kind)), None)


def redacted(words: str, secrets: Iterable[str] = (), most: int = MAX_WORDS) -> str:
    """Words without what is, or looks like, a key or an account; at most so many characters."""
    for secret in secrets:
        if len(secret) > 5:
            words = words.replace(secret, "[redacted]")
    return SECRET.sub("[redacted]", cleaned(words))[:most]


def words_of(body: Any) -> Words:
    """The words of an error body: an object, a list, a text, HTML, or any of these in another."""
    if isinstance(body, bytes):
        body = _read(body)
    inner = _inner(body)
    message = "; ".join(dict.fromkeys(_sentences(inner, MAX_DEPTH))) or _plain(inner)
    kinds = dict.fromkeys((*_kinds(body, MAX_DEPTH), *_kinds(inner, MAX_DEPTH)))
    if beneath := _beneath(inner):
        message, kinds = beneath.message or message, kinds | dict.fromkeys(beneath.kinds)
    return Words(message.strip(), tuple(kinds))


def _beneath(error: Any) -> Words | None:
    """The words of the provider beneath a router, which OpenRouter passes on as they came."""
    metadata = error.get("metadata") if isinstance(error, Mapping) else None
    raw = metadata.get("raw") if isinstance(metadata, Mapping) else None
    return words_of(raw.encode(errors="replace")) if isinstance(raw, str) else None


def _read(body: bytes) -> Any:
    try:
        return parse(body)
    except NotJson:
        return body.decode(errors="replace")


def _inner(body: Any) -> Any:
    """What stands under `error`, or `errors`, however deep, and alone in a list."""
    for _ in range(MAX_DEPTH):
        if isinstance(body, list) and len(body) == 1:
            body = body[0]
        elif isinstance(body, str) and body.lstrip()[:1] in ("{", "["):
            found = _read(body.encode(errors="replace"))
            if isinstance(found, str):
                return body
            body = found
        elif isinstance(body, Mapping) and (inner := _first(body, INNER)):
            body = inner
        else:
            break
    return body


def _first(body: Mapping[str, Any], names: Iterable[str]) -> Any:
    """What stands under the first of these names; a mere yes is nothing."""
    return next((body[name] for name in names if body.get(name) not in (None, "", True)), None)


def _sentences(value: Any, depth: int) -> Iterator[str]:
    """The sentences in it; a field that one is about is named before it."""
    if depth == 0:
        return
    if isinstance(value, str):
        yield _plain(value)
    elif isinstance(value, list):
        for item in value:
            yield from _sentences(item, depth - 1)
    elif isinstance(value, Mapping):
        field = ".".join(map(str, value["loc"])) if isinstance(value.get("loc"), list) else ""
        for name in SENTENCES:
            if value.get(name):
                said = list(_sentences(_inner(value[name]), depth - 1))
                yield from (f"{field}: {one}" if field else one for one in said)
                if said:
                    return


def _kinds(value: Any, depth: int) -> Iterator[str]:
    if depth == 0:
        return
    if isinstance(value, str | int) and not isinstance(value, bool):
        yield str(value)[:100]
    elif isinstance(value, list):
        for item in value:
            yield from _kinds(item, depth - 1) if isinstance(item, Mapping) else ()
    elif isinstance(value, Mapping):
        for name in KINDS:
            yield from _kinds(value.get(name), depth - 1)


def _plain(value: Any) -> str:
    """A text without markup: a page's title, where it is a page."""
    if not isinstance(value, str):
        return ""
    if value.lstrip().startswith("<"):
        title = TITLE.search(value)
        value = html.unescape(title[1] if title else TAG.sub(" ", value))
    return " ".join(value.split())
