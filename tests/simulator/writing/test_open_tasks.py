"""Where only a model could answer, the simulator says so, shortly and in the task's language."""

import pytest
from openai import AsyncOpenAI

from agentsite.simulator.writing.languages import language_of
from tests.simulator.process import answered, asking

# A task in each language, and a word that only an honest answer in that language has.
TASKS = {
    "en": ("Why do cats purr?", "simulator"),
    "de": ("Warum schnurren Katzen, und was sagt das über ihre Stimmung?", "Simulator"),
    "fr": ("Pourquoi les chats ronronnent-ils ?", "simulateur"),
    "es": ("¿Por qué ronronean los gatos?", "simulador"),
    "it": ("Perché i gatti fanno le fusa? Spiega in breve.", "simulatore"),
    "pt": ("Por que os gatos ronronam? Explique em poucas palavras.", "simulador"),
    "nl": ("Waarom spinnen katten, en wat betekent het voor ons?", "simulator"),
    "pl": ("Dlaczego koty mruczą i co to oznacza?", "symulator"),
    "sv": ("Varför spinner katter och vad betyder det?", "simulatorn"),
    "tr": ("Kediler neden mırlar ve bu ne anlama gelir?", "simülatör"),
    "ru": ("Почему кошки мурлычут?", "симулятор"),
    "uk": ("Чому коти муркочуть і що це означає?", "симулятор"),
    "ar": ("لماذا تخرخر القطط؟", "المحاكي"),
    "he": ("למה חתולים מגרגרים?", "הסימולטור"),
    "hi": ("बिल्लियाँ क्यों घुरघुराती हैं?", "सिम्युलेटर"),
    "el": ("Γιατί γουργουρίζουν οι γάτες;", "προσομοιωτής"),
    "zh": ("猫为什么会发出呼噜声？", "模拟器"),
    "ja": ("猫はなぜ喉を鳴らすのですか。", "シミュレーター"),
    "ko": ("고양이는 왜 가르랑거리나요?", "시뮬레이터"),
}
CODE = {
    "en": ("Write a Python function that reverses a list.", "read the code"),
    "de": ("Erkläre mir bitte, was das ist:\n```\nfor x in y: print(x)\n```", "den Code lesen"),
    "fr": ("Écris une fonction python pour trier les noms d'une liste", "lirait ici le code"),
}
TRACE = 'Traceback (most recent call last):\n  File "a.py", line 3, in f\n    x[1]\nKeyError: 1'
NOT_OPEN = {"Hi!": "Hello", TRACE: "`KeyError`"}


@pytest.mark.parametrize(("code", "task"), [(code, task) for code, (task, _) in TASKS.items()])
def test_a_language_is_told_by_its_script_or_its_words(code: str, task: str) -> None:
    assert language_of(task) == code


@pytest.mark.parametrize(
    "task",
    [
        "Translate “der Hund ist müde” into English and explain the grammar of it.",
        "What does 猫 mean, and how is it written?",
        "Summarise this for me: ```für und oder nicht wie was```",
        "xyzzy",
        "",
    ],
)
def test_a_task_that_only_quotes_another_language_keeps_its_own(task: str) -> None:
    assert language_of(task) == "en"


@pytest.mark.parametrize(("task", "word"), TASKS.values(), ids=TASKS)
async def test_an_open_task_gets_one_honest_paragraph_in_its_language(
    sdk: AsyncOpenAI, task: str, word: str
) -> None:
    said = (await answered(sdk, **asking(task))).message.content
    assert word in said
    assert "\n" not in said
    assert "#" not in said
    assert len(said) < 300


@pytest.mark.parametrize(("task", "words"), CODE.values(), ids=CODE)
async def test_a_code_task_hears_what_a_model_would_do_with_code(
    sdk: AsyncOpenAI, task: str, words: str
) -> None:
    assert words in (await answered(sdk, **asking(task))).message.content


@pytest.mark.parametrize(("task", "words"), NOT_OPEN.items(), ids=["greeting", "traceback"])
async def test_what_needs_no_model_is_answered(sdk: AsyncOpenAI, task: str, words: str) -> None:
    said = (await answered(sdk, **asking(task))).message.content
    assert words in said
    assert "simulator" not in said
