"""Exact arithmetic within limits: whole numbers as they are, all others as decimals."""

import math
from collections.abc import Callable
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal, DecimalException, localcontext

from runs.engine.tools.tool import ToolError

Number = int | Decimal

MAX_BITS = 4096
MAX_EXPONENT = 1000
MAX_FACTORIAL = 500
DIGITS = 50
SHOWN_DIGITS = 20
CONTEXT = Context(prec=DIGITS, Emax=1300, Emin=-1300)
PLAIN = range(-12, 21)


def limited(value: Number) -> Number:
    """The value, unless it is too large. Raises ToolError."""
    if isinstance(value, int) and value.bit_length() > MAX_BITS:
        raise ToolError(f"The result is too large: more than {MAX_BITS} bits.")
    return value


def exact(value: Decimal) -> Number:
    """A decimal without a fraction is a whole number."""
    whole = value == value.to_integral_value() and value.adjusted() < DIGITS
    return int(value) if whole else value


def decimal(value: Number) -> Decimal:
    """The value as a decimal."""
    return CONTEXT.create_decimal(value)


def combine(
    whole: Callable[[int, int], int], parts: Callable[[Decimal, Decimal], Decimal]
) -> Callable[[Number, Number], Number]:
    """An operation that stays exact on whole numbers."""

    def operation(left: Number, right: Number) -> Number:
        if isinstance(left, int) and isinstance(right, int):
            return limited(whole(left, right))
        return parts(decimal(left), decimal(right))

    return operation


def divide(left: Number, right: Number) -> Number:
    """Division; whole where it comes out even."""
    _not_zero(right)
    if isinstance(left, int) and isinstance(right, int) and left % right == 0:
        return left // right
    return CONTEXT.divide(decimal(left), decimal(right))


def floor_divide(left: Number, right: Number) -> Number:
    """Division rounded down, as Python does it."""
    _not_zero(right)
    if isinstance(left, int) and isinstance(right, int):
        return left // right
    return rounded_to(CONTEXT.divide(decimal(left), decimal(right)), ROUND_FLOOR)


def modulo(left: Number, right: Number) -> Number:
    """The remainder with the sign of the divisor, as Python does it."""
    _not_zero(right)
    if isinstance(left, int) and isinstance(right, int):
        return left % right
    divisor: Decimal = decimal(right)
    remainder: Decimal = CONTEXT.remainder(decimal(left), divisor)
    if remainder and remainder.is_signed() != divisor.is_signed():
        remainder += divisor
    return remainder


def power(base: Number, exponent: Number) -> Number:
    """A power whose size is estimated before it is computed."""
    if not -MAX_EXPONENT <= exponent <= MAX_EXPONENT:
        raise ToolError(f"The exponent is too large: at most {MAX_EXPONENT}.")
    if isinstance(base, int) and isinstance(exponent, int) and exponent >= 0:
        if abs(base) > 1 and base.bit_length() * exponent > MAX_BITS + exponent:
            raise ToolError(f"The result is too large: more than {MAX_BITS} bits.")
        return limited(int(base**exponent))
    if base == 0 and exponent < 0:
        raise ToolError("Zero can't be raised to a negative power.")
    if base < 0 and exponent != int(exponent):
        raise ToolError("A negative number to a fractional power is not a real number.")
    return CONTEXT.power(decimal(base), decimal(exponent))


def rounded_to(value: Number, rounding: str) -> Number:
    """The value as a whole number."""
    if isinstance(value, int):
        return value
    if value.adjusted() >= DIGITS:
        raise ToolError("The number is too large to be rounded exactly.")
    return int(value.to_integral_value(rounding=rounding))


def floor(value: Number) -> Number:
    """The largest whole number that isn't larger."""
    return rounded_to(value, ROUND_FLOOR)


def ceil(value: Number) -> Number:
    """The smallest whole number that isn't smaller."""
    return rounded_to(value, ROUND_CEILING)


def whole(value: Number, name: str) -> int:
    """The value as an int. Raises ToolError when it has a fraction."""
    if not isinstance(value, int):
        raise ToolError(f"{name} takes whole numbers.")
    return value


def square_root(value: Number) -> Number:
    """A square root; whole where it comes out even."""
    if value < 0:
        raise ToolError("The square root of a negative number is not a real number.")
    if isinstance(value, int) and math.isqrt(value) ** 2 == value:
        return math.isqrt(value)
    return CONTEXT.sqrt(decimal(value))


def written(value: Number) -> str:
    """The number as text: whole numbers in full, decimals to 20 significant digits."""
    if isinstance(value, int):
        return str(value)
    short = Context(prec=SHOWN_DIGITS, Emax=1300, Emin=-1300).create_decimal(value).normalize()
    return f"{short:f}" if short.adjusted() in PLAIN else f"{short:E}"


def guarded(compute: Callable[[], Number]) -> Number:
    """Turn what arithmetic may raise into an error for the model."""
    try:
        with localcontext(CONTEXT):
            return compute()
    except DecimalException as error:
        raise ToolError("The result is too large, too small, or not a real number.") from error
    except (ValueError, OverflowError, ZeroDivisionError) as error:
        raise ToolError(f"This can't be computed: {error}.") from error


def _not_zero(value: Number) -> None:
    if value == 0:
        raise ToolError("Division by zero.")
