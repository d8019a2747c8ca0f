"""What is known of one model at one endpoint, and what a refusal adds to it."""

from collections.abc import Collection
from dataclasses import dataclass, replace

from runs.engine.provider.dialects.rule import STATUSES, TAKEN, Body
from runs.engine.provider.dialects.rules import BY_NAME, RULES

CONTEXT_WINDOW = "context_window"
OUTPUT_LIMIT = "output_limit"
SIZES = {
    CONTEXT_WINDOW: "Its window has {tokens:,} tokens.",
    OUTPUT_LIMIT: "It writes at most {tokens:,} tokens in one answer.",
}


@dataclass(frozen=True, slots=True)
class Lesson:
    """One thing learnt: the name of a rule, or of a size with its tokens; `words` taught it."""

    rule: str
    tokens: int | None = None
    words: str = ""


@dataclass(frozen=True, slots=True)
class Dialect:
    """The rules and sizes that one model's endpoint was found to have."""

    rules: frozenset[str] = frozenset()
    context_tokens: int | None = None
    max_output_tokens: int | None = None

    def phrase(self, body: Body) -> Body:
        """The request as this endpoint takes it."""
        for rule in RULES:
            if rule.name in self.rules:
                body = rule.change(body)
        return body

    def knowing(self, lesson: Lesson) -> "Dialect":
        """This dialect with one thing more; what is no rule here any longer is passed over."""
        if lesson.rule == CONTEXT_WINDOW:
            return replace(self, context_tokens=lesson.tokens)
        if lesson.rule == OUTPUT_LIMIT:
            return replace(self, max_output_tokens=lesson.tokens)
        known = self.rules | ({lesson.rule} & BY_NAME.keys())
        return replace(self, rules=known)

    def without(self, rule: str) -> "Dialect":
        """This dialect without a rule."""
        return replace(self, rules=self.rules - {rule})

    def lesson(
        self, words: str, status: int | None, native: Body, vain: Collection[str] = ()
    ) -> Lesson | None:
        """The rule that a refusal asks for; None when no rule would change what was sent.

        Those in `vain` were tried.
        """
        if status not in STATUSES:
            return None
        sent = self.phrase(native)
        refused = TAKEN.sub("", words)
        for rule in reversed(RULES):
            if rule.name not in {*self.rules, *vain} and rule.refused.search(refused):
                lesson = Lesson(rule.name, words=words)
                if self.knowing(lesson).phrase(native) != sent:
                    return lesson
        return None


def sentence(rule: str, tokens: int | None) -> str:
    """What people read of a rule or a size."""
    if rule in SIZES:
        return SIZES[rule].format(tokens=tokens or 0)
    return BY_NAME[rule].sentence if rule in BY_NAME else rule
