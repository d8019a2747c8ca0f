"""Arithmetic for models. The expression is parsed and walked, never evaluated as code."""

import ast
import asyncio
import math
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

from runs.engine.tools import numbers
from runs.engine.tools.numbers import CONTEXT, MAX_FACTORIAL, Number
from runs.engine.tools.tool import Tool, ToolContext, ToolError

MAX_CHARACTERS = 300
MAX_DEPTH = 30
MAX_NODES = 100

OPERATORS: dict[type[ast.operator], Callable[[Number, Number], Number]] = {
    ast.Add: numbers.combine(int.__add__, CONTEXT.add),
    ast.Sub: numbers.combine(int.__sub__, CONTEXT.subtract),
    ast.Mult: numbers.combine(int.__mul__, CONTEXT.multiply),
    ast.Div: numbers.divide,
    ast.FloorDiv: numbers.floor_divide,
    ast.Mod: numbers.modulo,
    ast.Pow: numbers.power,
}
CONSTANTS = {
    "pi": Decimal("3.1415926535897932384626433832795028841971693993751"),
    "e": Decimal("2.7182818284590452353602874713526624977572470937000"),
}


def calculate(expression: str) -> str:
    """The value of an arithmetic expression as text. Raises ToolError with a clear reason."""
    tree = _parsed(expression)
    nodes = list(_with_depth(tree))
    if len(nodes) > MAX_NODES:
        raise ToolError(f"The expression is too long: more than {MAX_NODES} parts.")
    if max(depth for _, depth in nodes) > MAX_DEPTH:
        raise ToolError(f"The expression is nested too deeply: more than {MAX_DEPTH} levels.")
    return numbers.written(numbers.guarded(lambda: _value(tree, expression)))


def _parsed(expression: str) -> ast.expr:
    if len(expression) > MAX_CHARACTERS:
        raise ToolError(f"The expression is too long: at most {MAX_CHARACTERS} characters.")
    if not expression.isascii():
        raise ToolError("Write the expression with plain ASCII: + - * / // % ** and ( ).")
    try:
        return ast.parse(expression.strip(), mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        raise ToolError("This is not an arithmetic expression.") from error


def _with_depth(tree: ast.expr) -> Iterator[tuple[ast.expr, int]]:
    level, depth = [tree], 1
    while level:
        yield from ((node, depth) for node in level)
        level = [
            child
            for node in level
            for child in ast.iter_child_nodes(node)
            if isinstance(child, ast.expr)
        ]
        depth += 1


def _value(node: ast.expr, source: str) -> Number:
    match node:
        case ast.Constant(value=int() | float()) if not isinstance(node.value, bool):
            return _number(node, source)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in OPERATORS:
            return numbers.limited(OPERATORS[type(op)](_value(left, source), _value(right, source)))
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_value(operand, source)
        case ast.UnaryOp(op=ast.UAdd(), operand=operand):
            return _value(operand, source)
        case ast.Call(func=ast.Name(id=name), args=args, keywords=[]):
            return _called(name, [_value(argument, source) for argument in args])
        case ast.Name(id=name) if name in CONSTANTS:
            return CONSTANTS[name]
    raise ToolError(_not_allowed(node))


def _number(node: ast.Constant, source: str) -> Number:
    """The number as it was written, so that 0.1 is a tenth."""
    if isinstance(node.value, int):
        return numbers.limited(node.value)
    text = ast.get_source_segment(source.strip(), node) or repr(node.value)
    return numbers.exact(CONTEXT.create_decimal(text.replace("_", "")))


def _called(name: str, values: list[Number]) -> Number:
    if name not in FUNCTIONS:
        raise ToolError(f"There is no function “{name}”. Known: {', '.join(FUNCTIONS)}.")
    least, most, function = FUNCTIONS[name]
    if not least <= len(values) <= most:
        wanted = str(least) if least == most else f"{least} to {most}"
        raise ToolError(f"{name} takes {wanted} arguments, not {len(values)}.")
    return numbers.limited(function(*values))


def _not_allowed(node: ast.expr) -> str:
    match node:
        case ast.BinOp(op=ast.BitXor()):
            return "Write powers as **, not ^."
        case ast.Tuple():
            return "One expression at a time, and no commas inside numbers."
        case ast.Name(id=name):
            return f"There are no variables: “{name}” is unknown."
        case ast.Constant():
            return f"Only real numbers are allowed, not {type(node.value).__name__}."
    return f"Only arithmetic is allowed, not {type(node).__name__}."


def _rounded(value: Number, places: Number = 0) -> Number:
    digits = numbers.whole(places, "round")
    if abs(digits) > numbers.DIGITS:
        raise ToolError(f"round takes at most {numbers.DIGITS} places.")
    return round(value, digits) if isinstance(value, int) else numbers.exact(round(value, digits))


def _logarithm(value: Number, base: Number | None = None) -> Number:
    if value <= 0 or (base is not None and (base <= 0 or base == 1)):
        raise ToolError("A logarithm needs a positive number, and a positive base other than 1.")
    natural = CONTEXT.ln(numbers.decimal(value))
    if base is None:
        return natural
    return numbers.exact(_snapped(CONTEXT.divide(natural, CONTEXT.ln(numbers.decimal(base)))))


def _snapped(value: Decimal) -> Decimal:
    """Take away what rounding left in the last digits, so that log(8, 2) is 3."""
    return round(value, numbers.DIGITS - 5)


def _factorial(value: Number) -> Number:
    count = numbers.whole(value, "factorial")
    if not 0 <= count <= MAX_FACTORIAL:
        raise ToolError(f"factorial takes whole numbers from 0 to {MAX_FACTORIAL}.")
    return math.factorial(count)


def _combinations(total: Number, chosen: Number) -> Number:
    of, take = numbers.whole(total, "comb"), numbers.whole(chosen, "comb")
    if not (0 <= of <= MAX_FACTORIAL and take >= 0):
        raise ToolError(f"comb takes whole numbers from 0 to {MAX_FACTORIAL}.")
    return math.comb(of, take)


def _float(function: Callable[[float], float]) -> Callable[[Number], Number]:
    """A function of the math module. Its last digits are noise, and are rounded away."""

    def compute(value: Number) -> Number:
        result = round(function(float(value)), 15)
        return numbers.exact(CONTEXT.create_decimal(repr(result)))

    return compute


FUNCTIONS: dict[str, tuple[int, int, Callable[..., Number]]] = {
    "sqrt": (1, 1, numbers.square_root),
    "abs": (1, 1, abs),
    "round": (1, 2, _rounded),
    "floor": (1, 1, numbers.floor),
    "ceil": (1, 1, numbers.ceil),
    "min": (1, MAX_NODES, lambda *values: min(values)),
    "max": (1, MAX_NODES, lambda *values: max(values)),
    "exp": (1, 1, lambda value: CONTEXT.exp(numbers.decimal(value))),
    "ln": (1, 1, _logarithm),
    "log": (1, 2, _logarithm),
    "log10": (1, 1, lambda value: _logarithm(value, 10)),
    "log2": (1, 1, lambda value: _logarithm(value, 2)),
    "sin": (1, 1, _float(math.sin)),
    "cos": (1, 1, _float(math.cos)),
    "tan": (1, 1, _float(math.tan)),
    "asin": (1, 1, _float(math.asin)),
    "acos": (1, 1, _float(math.acos)),
    "atan": (1, 1, _float(math.atan)),
    "degrees": (1, 1, _float(math.degrees)),
    "radians": (1, 1, _float(math.radians)),
    "factorial": (1, 1, _factorial),
    "comb": (2, 2, _combinations),
    "gcd": (2, 2, lambda a, b: math.gcd(numbers.whole(a, "gcd"), numbers.whole(b, "gcd"))),
}


async def _run(arguments: dict[str, Any], context: ToolContext) -> str:
    # The limits keep this under some milliseconds; a thread keeps even those off the loop.
    return await asyncio.to_thread(calculate, arguments["expression"])


CALCULATOR = Tool(
    name="calculator",
    label="Calculator",
    description=(
        "Evaluate an arithmetic expression exactly. Operators: + - * / // % (modulo) ** and "
        f"parentheses. Functions: {', '.join(FUNCTIONS)}. Constants: pi, e. "
        "Angles are in radians. No variables, units or thousands separators."
    ),
    schema={
        "type": "object",
        "properties": {
            "expression": {
                "type": "string",
                "description": "For example 0.17 * 2340 - 58",
                "minLength": 1,
                "maxLength": MAX_CHARACTERS,
            }
        },
        "required": ["expression"],
        "additionalProperties": False,
    },
    run=_run,
    stable=True,
    timeout_s=5.0,
)
