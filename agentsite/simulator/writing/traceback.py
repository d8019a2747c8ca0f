"""Explains a Python traceback that a task contains."""

import re

_TRACEBACK = re.compile(r"Traceback \(most recent call last\):\n(.*)", re.DOTALL)
_FRAME = re.compile(r'File "([^"]+)", line (\d+)(?:, in (\S+))?\n?\s*([^\n]*)')
_ERROR = re.compile(
    r"^((?:\w+\.)*\w*(?:Error|Exception|Exit|Interrupt|Warning|DoesNotExist))(?:: (.*))?$", re.M
)

_CAUSES = {
    "KeyError": "a dictionary was asked for a key that it doesn't hold",
    "IndexError": "a sequence is shorter than the code expects",
    "AttributeError": "a value is of another type than the code expects, often `None`",
    "TypeError": "an operation or a call got a value of the wrong type or number",
    "ValueError": "a value has the right type but can't be used as it is",
    "ZeroDivisionError": "a divisor was zero",
    "NameError": "a name is used that was never defined here",
    "ImportError": "a module or a name in it could not be imported",
    "ModuleNotFoundError": "a module isn't installed in the environment that ran this",
    "FileNotFoundError": "a path doesn't exist, seen from the directory the program ran in",
    "PermissionError": "the program's user may not open this",
    "ConnectionRefusedError": "nothing listens at the address it tried",
    "TimeoutError": "the other side did not answer in time",
    "RecursionError": "a function calls itself without reaching its end",
    "DoesNotExist": "a query that must find one row found none",
}


def explain_traceback(task: str) -> str | None:
    """What failed, where, and how to find out why; None when the task holds no traceback."""
    found = _TRACEBACK.search(task)
    if found is None:
        return None
    errors, frames = _ERROR.findall(found[1]), _FRAME.findall(found[1])
    if not errors or not frames:
        return None
    name, message = errors[-1]
    file, line, function, code = frames[-1]
    cause = _CAUSES.get(name.rsplit(".", 1)[-1], "the code met a case that it doesn't handle")
    within = f" in `{function}`" if function else ""
    rows = "\n".join(f"| {n} | `{f[0]}` | {f[1]} | `{f[2]}` |" for n, f in enumerate(frames, 1))
    return (
        f"## `{name}` at line {line}\n\n"
        f"The program stopped{within}, in `{file}`, line {line}"
        f"{f', while running `{code.strip()}`' if code.strip() else ''}. "
        f"In general this error means that {cause}."
        f"{f' Here it says: *{message.strip()}*.' if message.strip() else ''}\n\n"
        f"## How it got there\n\n| | File | Line | Function |\n|---:|---|---:|---|\n{rows}\n\n"
        "Read the table from the bottom up: the last row is where it broke, and the row above "
        "passed the value in. The mistake is often one row higher than the message.\n\n"
        "## What to do\n\n"
        f"1. Print or log the values used in line {line} just before it runs.\n"
        "2. Ask which caller can produce that value, and whether it should.\n"
        "3. Fix the caller if the value is wrong; handle the case here if it is legitimate.\n"
        "4. Keep the failing input as a test."
    )
