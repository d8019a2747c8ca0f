"""Which language a task is written in: by its script, else by its commonest words."""

import re

_SCRIPTS = (
    ("ja", re.compile(r"[\u3040-\u30ff]")),  # before Chinese: Japanese has Han characters too
    ("zh", re.compile(r"[\u4e00-\u9fff]")),
    ("ko", re.compile(r"[\uac00-\ud7af]")),
    ("uk", re.compile(r"[іїєґІЇЄҐ]")),
    ("ru", re.compile(r"[\u0400-\u04ff]")),
    ("ar", re.compile(r"[\u0600-\u06ff]")),
    ("he", re.compile(r"[\u0590-\u05ff]")),
    ("hi", re.compile(r"[\u0900-\u097f]")),
    ("el", re.compile(r"[\u0370-\u03ff]")),
)
# Words that few other languages have, and that hardly a sentence goes without.
_COMMON = {
    "en": (
        "the a an is are of to and in for with what how why which who when where does do can "
        "should this that it my our your on from be write explain compare make list give"
    ),
    "de": (
        "der die das den dem ein eine einen einem ist sind und oder nicht wie was warum welche "
        "welcher für mit auf von zu im zum zur ich wir mir uns bitte schreibe erkläre über "
        "zwischen kann soll auch"
    ),
    "fr": (
        "le la les un une des du de est sont et ou ne pas comment pourquoi quel quelle quels pour "
        "avec dans sur je nous moi mon ma mes entre explique écris peux plus au aux ce cette "
        "que qui"
    ),
    "es": (
        "el la los las un una unos de del es son y o no cómo qué por para con en sobre yo mi mis "
        "entre explica escribe puedes cuál al este esta que como más"
    ),
    "it": (
        "il lo la gli le un una di del della dei è sono e o non come perché che cosa quale per "
        "con nel nella su tra fra mi spiega scrivi puoi questo questa più"
    ),
    "pt": (
        "o os as um uma de do da dos das é são e ou não como por que para com em no na sobre eu "
        "meu minha entre explique escreva você qual este esta mais ao"
    ),
    "nl": (
        "de het een is zijn en of niet hoe wat waarom welke voor met op van naar ik wij mij ons "
        "tussen leg schrijf kun je kan over dit deze ook uit"
    ),
    "pl": (
        "jest są i lub nie jak co dlaczego który która dla z w na o do od ja mi między napisz "
        "wyjaśnij czy się to oraz po jaki"
    ),
    "sv": (
        "och är en ett det att som hur vad varför för med på av till i jag vi mellan förklara "
        "skriv kan inte den detta eller om"
    ),
    "tr": (
        "bir ve ile için nasıl neden ne bu şu mi mı mu mü değil arasında açıkla yaz olan daha çok "
        "hangi nedir bana kadar"
    ),
}
_WORDS = {code: frozenset(words.split()) for code, words in _COMMON.items()}
_LETTERS = re.compile(r"[^\W\d_]+")
_FENCED = re.compile(r"```.*?(?:```|\Z)", re.DOTALL)
_READ_CHARACTERS = 4000


def language_of(task: str) -> str:
    """The code of the task's language; English where it is none that is known here."""
    text = _FENCED.sub(" ", task[:_READ_CHARACTERS])
    return _by_script(text) or _by_words(text)


def _by_script(text: str) -> str | None:
    """The first script that more than a word or a name is written in."""
    letters = sum(len(word) for word in _LETTERS.findall(text))
    if not any(len(script.findall(text)) * 4 > letters for _, script in _SCRIPTS):
        return None
    return next(code for code, script in _SCRIPTS if script.search(text))


def _by_words(text: str) -> str:
    words = [word.lower() for word in _LETTERS.findall(text)]
    counts = {code: sum(word in known for word in words) for code, known in _WORDS.items()}
    best = max(counts, key=lambda code: counts[code])
    return best if counts[best] > counts["en"] else "en"
