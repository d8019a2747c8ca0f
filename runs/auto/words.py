"""Words that ask for reasoning, in the languages in which tasks come.

They are beginnings of words in lower case, so that one stands for its inflections.
"""

from collections.abc import Mapping

_STEMS = """
    why prove proof compar analy anali optim deriv infer evaluat assess diagnos justif
    design architect refactor debug strateg algorithm tradeoff investigat root-cause
    warum weshalb beweis vergleich herleit bewert entwirf entwurf begründ beurteil abwäg
    pourquoi prouv démontr dédui évalu concev conçoi
    demuestr demostr evalú dedu diseñ razon
    avali otimiz dimostr confront ottimizz valuta progett giustific perché
    waarom bewijs vergelijk beoordeel ontwerp onderbouw
    dlaczego udowodn porówn przeanaliz optymaliz oceń zaprojekt uzasadn
    почему докаж сравн проанализ анализ оптимиз оцени спроектир обоснуй выведи
    чому доведи порівн проаналіз аналіз оптиміз оціни спроєкт обґрунт
    neden niçin kanıtla karşılaştır değerlendir tasarla
    لماذا قارن حلل أثبت برهن صمم
"""

STEMS: frozenset[str] = frozenset(word.casefold() for word in _STEMS.split())


def _by_length() -> Mapping[int, frozenset[str]]:
    lengths = {len(stem) for stem in STEMS}
    return {n: frozenset(stem for stem in STEMS if len(stem) == n) for n in sorted(lengths)}


# Looked up by the first so many letters of a word, which is faster than trying each stem.
STEMS_BY_LENGTH = _by_length()

# Of scripts without blanks, or whose marks are no letters, and of several words.
PHRASES: tuple[str, ...] = (
    *("step by step", "trade-off", "pros and cons", "schritt für schritt", "por qué", "por que"),
    *("tại sao", "so sánh", "phân tích", "chứng minh", "étape par étape", "paso a paso"),
    *("为什么", "為什麼", "证明", "證明", "比较", "比較", "分析", "优化", "優化", "推导", "推導"),
    *("评估", "評估", "设计", "設計", "权衡", "なぜ", "証明", "最適化", "導出", "評価", "検討"),
    *("왜", "증명", "비교", "분석", "최적화", "평가", "설계"),
    *("क्यों", "सिद्ध", "तुलना", "विश्लेषण", "ทำไม", "เปรียบเทียบ", "วิเคราะห์"),
)
