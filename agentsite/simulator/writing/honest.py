"""What the simulator says where only a model could answer: what it is, in the task's language."""

import re
from dataclasses import dataclass

from .languages import language_of

_CODE = re.compile(
    r"```|\b(code|function|class|method|bug|script|regex|refactor|compile|sql|python|javascript|"
    r"typescript|java|rust|golang|bash|html|css|api|algorithm|unit tests?)\b|"
    r"\b(def|return|import|const|SELECT|public static)\b .*[({;=*]",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Words:
    """Who answers, and what a real model would do here with an open task or with code."""

    here: str
    open: str
    code: str


_WORDS = {
    "en": Words(
        "The built-in simulator answers here. It is no language model, so it can't work this out.",
        "A real model would write its answer to the task here, from what it knows and what you "
        "gave it.",
        "A real model would read the code here, write or change what you asked for, and explain "
        "it.",
    ),
    "de": Words(
        "Hier antwortet der eingebaute Simulator. Er ist kein Sprachmodell und kann das nicht "
        "ausarbeiten.",
        "Ein echtes Modell würde hier seine Antwort auf die Aufgabe schreiben, aus dem, was es "
        "weiß und was du ihm gegeben hast.",
        "Ein echtes Modell würde hier den Code lesen, das Gewünschte schreiben oder ändern und es "
        "erklären.",
    ),
    "fr": Words(
        "C’est le simulateur intégré qui répond ici. Ce n’est pas un modèle de langage : il ne "
        "peut pas traiter cette demande.",
        "Un vrai modèle écrirait ici sa réponse, à partir de ce qu’il sait et de ce que vous lui "
        "avez donné.",
        "Un vrai modèle lirait ici le code, écrirait ou modifierait ce que vous demandez, et "
        "l’expliquerait.",
    ),
    "es": Words(
        "Aquí responde el simulador integrado. No es un modelo de lenguaje y no puede resolver "
        "esto.",
        "Un modelo real escribiría aquí su respuesta, a partir de lo que sabe y de lo que le has "
        "dado.",
        "Un modelo real leería aquí el código, escribiría o cambiaría lo que pides y "
        "lo explicaría.",
    ),
    "it": Words(
        "Qui risponde il simulatore integrato. Non è un modello linguistico e non può svolgere "
        "questo compito.",
        "Un vero modello scriverebbe qui la sua risposta, in base a ciò che sa e a ciò che gli hai "
        "dato.",
        "Un vero modello leggerebbe qui il codice, scriverebbe o cambierebbe ciò che chiedi e lo "
        "spiegherebbe.",
    ),
    "pt": Words(
        "Quem responde aqui é o simulador integrado. Não é um modelo de linguagem e não consegue "
        "resolver isto.",
        "Um modelo real escreveria aqui a sua resposta, com base no que sabe e no que "
        "lhe foi dado.",
        "Um modelo real leria aqui o código, escreveria ou mudaria o que foi pedido e explicaria o "
        "resultado.",
    ),
    "nl": Words(
        "Hier antwoordt de ingebouwde simulator. Dat is geen taalmodel en kan dit niet uitwerken.",
        "Een echt model zou hier zijn antwoord schrijven, op basis van wat het weet en wat je het "
        "hebt gegeven.",
        "Een echt model zou hier de code lezen, schrijven of wijzigen wat je vraagt, en het "
        "uitleggen.",
    ),
    "pl": Words(
        "Odpowiada tu wbudowany symulator. Nie jest modelem językowym i nie potrafi tego "
        "opracować.",
        "Prawdziwy model napisałby tu odpowiedź na podstawie tego, co wie i co dostał.",
        "Prawdziwy model przeczytałby tu kod, napisał lub zmienił to, o co prosisz, i wyjaśnił to.",
    ),
    "sv": Words(
        "Här svarar den inbyggda simulatorn. Den är ingen språkmodell och kan inte lösa detta.",
        "En riktig modell skulle skriva sitt svar här, utifrån vad den vet och vad du har "
        "gett den.",
        "En riktig modell skulle läsa koden här, skriva eller ändra det du ber om och "
        "förklara det.",
    ),
    "tr": Words(
        "Burada yerleşik simülatör yanıt veriyor. Bir dil modeli değildir ve bunu çözemez.",
        "Gerçek bir model, bildiklerine ve verdiklerinize dayanarak yanıtını buraya yazardı.",
        "Gerçek bir model burada kodu okur, istediğinizi yazar ya da değiştirir ve açıklardı.",
    ),
    "ru": Words(
        "Здесь отвечает встроенный симулятор. Это не языковая модель, и выполнить такую задачу он "
        "не может.",
        "Настоящая модель написала бы здесь ответ на основе того, что она знает и что ей дали.",
        "Настоящая модель прочитала бы здесь код, написала или изменила бы то, о чём вы просите, "
        "и объяснила бы это.",
    ),
    "uk": Words(
        "Тут відповідає вбудований симулятор. Це не мовна модель, і виконати таке завдання він не "
        "може.",
        "Справжня модель написала б тут відповідь на основі того, що вона знає і що їй дали.",
        "Справжня модель прочитала б тут код, написала або змінила б те, про що ви просите, і "
        "пояснила б це.",
    ),
    "ar": Words(
        "يجيب هنا المحاكي المدمج. إنه ليس نموذجًا لغويًا ولا يمكنه إنجاز هذه المهمة.",
        "كان نموذج حقيقي سيكتب إجابته هنا استنادًا إلى ما يعرفه وما قدمته له.",
        "كان نموذج حقيقي سيقرأ الشيفرة هنا ويكتب أو يغيّر ما طلبته ويشرحه.",
    ),
    "he": Words(
        "כאן עונה הסימולטור המובנה. הוא אינו מודל שפה ואינו יכול לבצע את המשימה.",
        "מודל אמיתי היה כותב כאן את תשובתו, לפי מה שהוא יודע ומה שנתת לו.",
        "מודל אמיתי היה קורא כאן את הקוד, כותב או משנה את מה שביקשת ומסביר אותו.",
    ),
    "hi": Words(
        "यहाँ अंतर्निहित सिम्युलेटर उत्तर दे रहा है। यह भाषा मॉडल नहीं है और यह कार्य नहीं कर सकता।",
        "एक वास्तविक मॉडल अपने ज्ञान और आपकी दी हुई जानकारी के आधार पर यहाँ उत्तर लिखता।",
        "एक वास्तविक मॉडल यहाँ कोड पढ़ता, आपकी माँग के अनुसार लिखता या बदलता और उसे समझाता।",
    ),
    "el": Words(
        "Εδώ απαντά ο ενσωματωμένος προσομοιωτής. Δεν είναι γλωσσικό μοντέλο και δεν μπορεί να "
        "εκτελέσει αυτή την εργασία.",
        "Ένα πραγματικό μοντέλο θα έγραφε εδώ την απάντησή του, με βάση όσα γνωρίζει και όσα του "
        "δώσατε.",
        "Ένα πραγματικό μοντέλο θα διάβαζε εδώ τον κώδικα, θα έγραφε ή θα άλλαζε ό,τι ζητάτε και "
        "θα το εξηγούσε.",
    ),
    "zh": Words(
        "这里由内置模拟器作答。它不是语言模型，无法完成这项任务。",
        "真正的模型会根据它所知道的和您提供的内容，在这里写出回答。",
        "真正的模型会在这里阅读代码，编写或修改您要求的内容，并加以说明。",
    ),
    "ja": Words(
        "ここでは内蔵シミュレーターが応答しています。言語モデルではないため、この課題には答えられません。",
        "実際のモデルなら、知識と与えられた内容をもとに、ここに回答を書きます。",
        "実際のモデルなら、ここでコードを読み、依頼された内容を書くか修正し、説明します。",
    ),
    "ko": Words(
        "여기서는 내장 시뮬레이터가 답합니다. 언어 모델이 아니므로 이 과제를 수행할 수 없습니다.",
        "실제 모델이라면 아는 것과 주어진 내용을 바탕으로 여기에 답을 작성합니다.",
        "실제 모델이라면 여기서 코드를 읽고, 요청한 내용을 작성하거나 고치고 설명합니다.",
    ),
}
_UNSPACED = frozenset({"zh", "ja"})


def who_answers(task: str) -> str:
    """Only that the simulator answers: what a reviewer sends back."""
    return _WORDS[language_of(task)].here


def what_a_model_would_do(task: str) -> str:
    """What a real model would do with this task."""
    words = _WORDS[language_of(task)]
    return words.code if _CODE.search(task) else words.open


def paragraph(task: str) -> str:
    """Both, as one short paragraph."""
    space = "" if language_of(task) in _UNSPACED else " "
    return f"{who_answers(task)}{space}{what_a_model_would_do(task)}"
