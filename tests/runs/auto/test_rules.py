"""What counts as a complex task: the same signs in every language, and a bounded reading."""

import pytest

from runs.auto.rules import READ_END, READ_START, Asked, complexity
from runs.auto.words import STEMS

CODE = "```python\nfor n in range(3):\n    print(n)\n```"
TRACE = 'Traceback (most recent call last):\n  File "a.py", line 3\nValueError: not enough values'
SQL = "SELECT id FROM runs WHERE cost > 3;\nUPDATE runs SET cost = 0 WHERE id = 4;"
STEPS = "\n".join(f"{n}. step {n}" for n in range(1, 5))

SIMPLE = [
    "What is 6 times 7?",
    "Hi",
    "Translate “good morning” into French.",
    "Why is the sky blue?",
    "Wie heißt die Hauptstadt von Peru?",
    "¿Cuál es la capital del Perú?",
    "Quelle heure est-il à Tokyo ?",
    "Какая столица у Перу?",
    "秘鲁的首都是哪里？",
    "ペルーの首都はどこですか？",
    "ما هي عاصمة بيرو؟",
    "पेरू की राजधानी क्या है?",
    "Open https://example.org/?a=1&b=2 and tell me its title.",
    "Run 0f3a9c4e-5b1d-4a77-9c0e-1f2d3e4b5a69 was late.",
    "Summarise these tickets:\n\n1. Old address\n2. No refund\n3. Sent twice",
]
COMPLEX = [
    f"{TRACE}\nWhy?",
    f"Explain and compare:\n{CODE}",
    "Compare a heat pump (€11,500, €1,970) with a gas boiler (€4,200). Which costs less?",
    "Vergleiche eine Wärmepumpe (11.500 €, 1.970 €) mit Gas (4.200 €) und begründe es.",
    "Compare une pompe à chaleur et le gaz, puis évalue les risques. Pourquoi ?",
    "Compara las dos opciones y justifica: ¿cuál es mejor? ¿Por qué?",
    "Сравни два варианта и докажи, почему первый лучше.",
    "Порівняй два варіанти та обґрунтуй вибір.",
    "比较这两种方案，并证明为什么第一种更好。",
    "二つの案を比較し、なぜ良いのか評価してください。",
    "두 방안을 비교하고 왜 더 나은지 분석해 줘.",
    "قارن بين الخيارين. لماذا الأول أفضل؟ حلل المخاطر.",
    "दोनों की तुलना करो और बताओ क्यों पहला बेहतर है।",
    "İki seçeneği karşılaştır ve neden daha iyi olduğunu değerlendir.",
    "Prove that √2 is irrational.",
    f"Who? What? Where? When? How many?\n{STEPS}",
    f"Tidy this up, in 2 lines:\n{SQL}",
]


@pytest.mark.parametrize("task", SIMPLE)
def test_simple_in_any_language(task: str) -> None:
    assert complexity(Asked(task)).level == "simple"


@pytest.mark.parametrize("task", COMPLEX)
def test_complex_in_any_language(task: str) -> None:
    assert complexity(Asked(task)).level == "complex"


@pytest.mark.parametrize(
    ("asked", "words", "points"),
    [
        (Asked("x" * 800), "its length", 1),
        (Asked("x" * 3_000), "its length", 2),
        (Asked("中" * 300), "its length", 1),
        (Asked("x", instructions="y" * 3_000), "its length", 2),
        (Asked(CODE), "code", 2),
        (Asked("a? b?"), "several questions", 1),
        (Asked("a? b？ c؟ d;?"), "several questions", 2),
        (Asked("- a\n- b\n- c"), "several parts", 1),
        (Asked("1, 2, 3"), "several numbers", 1),
        (Asked("١ ٢ ٣"), "several numbers", 1),
        (Asked("3 + 4"), "a formula", 1),
        (Asked("Compare"), "words that ask for reasoning", 2),
        (Asked("Compare and prove"), "words that ask for reasoning", 3),
        (Asked("x", calls=6), "its pattern (about 6 calls)", 1),
        (Asked("x", calls=13), "its pattern (about 13 calls)", 2),
        (Asked("x", goals=1), "its goals", 1),
        (Asked("x", goals=3), "its goals", 2),
    ],
)
def test_each_sign_has_its_points(asked: Asked, words: str, points: int) -> None:
    assert (words, points) in complexity(asked).signs


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        (Asked("What is the capital of Peru?"), "A simple task: short and plain."),
        (Asked("Add 1, 2 and 3."), "A simple task, in spite of several numbers."),
        (
            Asked("Prove that √2 is irrational."),
            "A complex task, by a formula and words that ask for reasoning.",
        ),
        (
            Asked(CODE, goals=1, calls=13),
            "A complex task, by code, its pattern (about 13 calls) and its goals.",
        ),
    ],
)
def test_it_says_why_in_one_sentence(asked: Asked, sentence: str) -> None:
    assert complexity(asked).sentence == sentence


def test_of_a_long_task_its_beginning_and_its_end_are_read() -> None:
    """What bounds the time, whatever the length; `python -m bench auto` measures it."""
    filling = "x " * READ_START
    assert READ_START + READ_END < 2_000
    for task in (f"{CODE} {filling}", f"{filling}\n{CODE}"):
        assert ("code", 2) in complexity(Asked(task)).signs
    inside = complexity(Asked(f"{filling}\n{CODE}\n{filling}"))
    assert [sign.words for sign in inside.signs] == ["its length"]


def test_stems_are_long_enough_to_mean_something() -> None:
    assert all(len(stem) >= 3 for stem in STEMS)
    assert not [
        stem for stem in STEMS if any(stem != other and stem.startswith(other) for other in STEMS)
    ]
