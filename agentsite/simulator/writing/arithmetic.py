"""Finds the sum in a sentence: “17 % of 2,340, minus 58” is ``0.17 * 2340 - 58``."""

import ast
import operator
import re
from collections.abc import Callable, Iterator
from decimal import Decimal, DivisionByZero, InvalidOperation, Overflow

_NUMBER = r"(\d+(?:\.\d+)?)"
_WORDS = (
    (r"(?<=\d),(?=\d{3}(?!\d))", ""),
    (r"[$€£]\s?(?=\d)", ""),
    (r"(?<=\d)\s*(?:%|per\s?cent)\s*(?:tip\s+|tax\s+|vat\s+)?(?:of|on)\s+", " PCTOF "),
    (r"(?<=\d)\s*(?:%|per\s?cent)\s*off\s+", " OFF "),
    (r"(?<=\d)\s*(?:%|per\s?cent)", " PCT "),
    (rf"\b(?:sum of|add) {_NUMBER} and {_NUMBER}", r" \1 + \2 "),
    (rf"\b(?:product of|multiply) {_NUMBER} (?:and|by) {_NUMBER}", r" \1 * \2 "),
    (rf"\bdivide {_NUMBER} by {_NUMBER}", r" \1 / \2 "),
    (r",?\s*\b(?:and then |then )?(?:plus|add)\b", " + "),
    (r",?\s*\b(?:and then |then )?(?:minus|less|subtract)\b", " - "),
    (r",?\s*\b(?:and then |then )?(?:times|multipl(?:ied|y) by)\b", " * "),
    (r",?\s*\b(?:and then |then )?(?:divided by|divide by|over)\b", " / "),
    (r"\b(?:to the power of|raised to)\b", " ** "),
    (r"\bsquared\b", " ** 2 "),
    (r"\bcubed\b", " ** 3 "),
    (r"\bhalf of\b", " 0.5 * "),
    (r"(?<=\d)\s*[x×·]\s*(?=\d)", " * "),
    (r"÷", " / "),
    (r"−|–", "-"),
    (r"\^", "**"),
)
_TOKEN = re.compile(r"(\d+(?:\.\d+)?)|(PCTOF|OFF|PCT)|(\*\*|[-+*/()])|([^\s\d()+*/-]+|\S)")
_ASKS = re.compile(r"\b(what|calculate|compute|how much|evaluate|work out|solve|sum)\b|=", re.I)
_RANGE = re.compile(r"\d[-/–]\d")
_MAX_LENGTH = 200

_OPERATORS: dict[type[ast.operator], tuple[str, Callable[[Decimal, Decimal], Decimal]]] = {
    ast.Add: ("+", operator.add),
    ast.Sub: ("−", operator.sub),
    ast.Mult: ("×", operator.mul),
    ast.Div: ("÷", operator.truediv),
    ast.Pow: ("^", operator.pow),
}


def find_expressions(task: str) -> list[str]:
    """Every calculation in a sentence, as Python arithmetic."""
    text = task
    for pattern, replacement in _WORDS:
        text = re.sub(pattern, replacement, text, flags=re.IGNORECASE)
    found = [expression for run in _runs(text) if (expression := _expression(run, task))]
    return list(dict.fromkeys(found))


def _runs(text: str) -> Iterator[list[str]]:
    run: list[str] = []
    for number, percent, symbol, word in _TOKEN.findall(text):
        if word:
            yield run
            run = []
        else:
            run.append(number or percent or symbol)
    yield run


def _expression(run: list[str], task: str) -> str | None:
    text = _spell(run).strip()
    # A hyphen or slash between numbers is a range or a date unless something is asked.
    only_range = set("-/") >= set(re.findall(r"[-+*/]", text))
    if only_range and _RANGE.search(task) and not _ASKS.search(task):
        return None
    try:
        tree = ast.parse(text, mode="eval") if len(text) <= _MAX_LENGTH else None
    except SyntaxError:
        return None
    if tree is None or not isinstance(tree.body, ast.BinOp):
        return None
    return text


def _spell(run: list[str]) -> str:
    """Write the parts of one calculation out, percentages as factors."""
    out = ""
    for before, part, after in zip(["", *run], run, [*run[1:], ""], strict=False):
        if after == "PCTOF":
            out += f"{_hundredth(part)} * "
        elif after == "OFF":
            out += f"(1 - {_hundredth(part)}) * "
        elif after == "PCT" and before in ("+", "-"):
            out = f"({out[:-3]}) * (1 {before} {_hundredth(part)})"
        elif after == "PCT":
            out += _hundredth(part)
        elif part in ("+", "-", "*", "/", "**"):
            out += f" {part} "
        elif part not in ("PCT", "PCTOF", "OFF"):
            out += part
    return re.sub(r"\((\d+(?:\.\d+)?)\)", r"\1", out)


def _hundredth(number: str) -> str:
    try:
        return format((Decimal(number) / 100).normalize(), "f")
    except InvalidOperation:
        return number


def steps(expression: str) -> list[tuple[str, str]]:
    """The calculation one operation at a time, as (“0.17 × 2,340”, “397.8”)."""
    found: list[tuple[str, str]] = []
    try:
        _evaluate(ast.parse(expression, mode="eval").body, found)
    except (SyntaxError, TypeError, InvalidOperation, DivisionByZero, Overflow):
        return []
    return found


def _evaluate(node: ast.expr, found: list[tuple[str, str]]) -> Decimal:
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        return Decimal(str(node.value))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -_evaluate(node.operand, found)
    if not isinstance(node, ast.BinOp) or type(node.op) not in _OPERATORS:
        raise TypeError(node)
    left, right = _evaluate(node.left, found), _evaluate(node.right, found)
    symbol, apply = _OPERATORS[type(node.op)]
    if isinstance(node.op, ast.Pow) and abs(right) > 1000:
        raise TypeError(node)
    result = apply(left, right)
    found.append((f"{grouped(left)} {symbol} {grouped(right)}", grouped(result)))
    return result


def grouped(number: Decimal) -> str:
    """A number as a reader likes it: ``12,345.6``, at most ten decimals."""
    if abs(number) >= Decimal(10) ** 30:
        return f"{number:.6e}"
    rounded = round(number, 10)
    text = f"{rounded:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
