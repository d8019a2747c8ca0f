"""Which pattern suits a task: the questions, what a pattern answers to them, and the rule."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Question:
    """One question about a task. `options` are its answers: what is stored, and the words."""

    key: str
    words: str
    options: Mapping[str, str]


QUESTIONS = (
    Question(
        "outcome",
        "What should come out?",
        {
            "answer": "An answer or a decision",
            "text": "A text, a design or code",
            "report": "A long report with sources",
        },
    ),
    Question(
        "facts",
        "Does it need facts from outside?",
        {
            "yes": "Yes, tools have to look them up",
            "no": "No, the task has what is needed",
        },
    ),
    Question(
        "way",
        "Do you know now how to get there?",
        {
            "known": "Yes, I could list the steps",
            "open": "It depends on what turns up",
            "unclear": "No, not even how to think about it",
        },
    ),
    Question(
        "check",
        "How does one see whether the result is good?",
        {
            "test": "By a test or a fixed rule",
            "progress": "One can tell how far it has come",
            "reading": "By reading it",
        },
    ),
    Question(
        "priority",
        "What matters most?",
        {"cost": "Cost", "speed": "Speed", "quality": "Quality"},
    ),
)


@dataclass(frozen=True, slots=True)
class Suits:
    """For which answers a pattern is right, and why, in one sentence.

    Of a question's answers, the first is the one that it is made for. A question that it leaves
    out is of no matter to it. Raises ValueError for an answer that there isn't.
    """

    why: str
    outcome: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()
    way: tuple[str, ...] = ()
    check: tuple[str, ...] = ()
    priority: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for question in QUESTIONS:
            for answer in self.to(question):
                if answer not in question.options:
                    raise ValueError(f"“{question.words}” has no answer “{answer}”.")

    def to(self, question: Question) -> tuple[str, ...]:
        """The answers to a question for which it is right; empty where any will do."""
        answers: tuple[str, ...] = getattr(self, question.key)
        return answers

    def missed(self, answers: Mapping[str, str]) -> list[Question]:
        """The questions whose answers speak against it."""
        return [
            question
            for question in QUESTIONS
            if question.key in answers
            and self.to(question)
            and answers[question.key] not in self.to(question)
        ]

    def met(self, answers: Mapping[str, str]) -> int:
        """How much speaks for it: two for an answer that it is made for, one for another."""
        return sum(
            2 if answers[question.key] == self.to(question)[0] else 1
            for question in QUESTIONS
            if answers.get(question.key) in self.to(question)
        )


def ranked(answers: Mapping[str, str], offers: Mapping[str, Suits]) -> list[str]:
    """The keys of what is offered, the best first; of equals, what is offered first.

    What one answer speaks against comes after all that none does. A question without an answer
    says nothing.
    """
    return sorted(
        offers,
        key=lambda key: (len(offers[key].missed(answers)), -offers[key].met(answers)),
    )
