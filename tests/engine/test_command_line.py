"""`python -m runs.engine`: no Django, no database, one answer."""

import subprocess
import sys

from tests.engine.command_line import engine
from tests.simulator.process import ROOT, Process


def test_it_answers(simulator: Process):
    done = engine("react", "what is 6*7?", OPENAI_BASE_URL=f"{simulator.url}/v1")
    assert done.returncode == 0
    assert "42" in done.stdout
    assert "tool.finished" in done.stderr
    assert "2 LLM calls" in done.stderr


def test_without_a_provider_it_says_what_to_do():
    done = engine("react", "what is 6*7?")
    assert done.returncode == 2
    assert "OPENAI_API_KEY" in done.stderr
    assert "python -m agentsite.simulator" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_bad_parameter_is_named():
    done = engine("react", "x", "--param", "max_iterations=99", OPENAI_API_KEY="k")
    assert done.returncode == 2
    assert "max_iterations" in done.stderr


def test_the_engine_imports_no_django():
    code = (
        "import sys, runs.engine.run, runs.engine.provider.openai_model;"
        "assert not [m for m in sys.modules if m.split('.')[0] in ('django', 'psycopg', 'openai')]"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT, timeout=200)
