"""What tests share stands in modules made for it."""

import re
from pathlib import Path

TESTS = Path(__file__).parent
FROM_A_TEST = re.compile(r"^(?:from|import) tests\.[\w.]*\b(?:test_\w+|conftest)\b.*", re.MULTILINE)
NAMES_A_TEST = re.compile(r"^from tests[\w.]* import .*\b(?:test_\w+|conftest)\b.*", re.MULTILINE)


def test_no_module_imports_a_test_module() -> None:
    found = {
        str(path.relative_to(TESTS)): FROM_A_TEST.findall(text) + NAMES_A_TEST.findall(text)
        for path in TESTS.rglob("*.py")
        if (text := path.read_text())
    }
    assert {path: lines for path, lines in found.items() if lines} == {}
