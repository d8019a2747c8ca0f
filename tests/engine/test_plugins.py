"""Packages that are installed beside the site bring patterns and tools of their own."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.example_pattern import source
from tests.simulator.process import ROOT, Process

DICE = """
from runs.engine.tools.tool import Tool

async def roll(arguments, context):
    return "4"

DICE = Tool("dice", "Dice", "Rolls a die.", {"type": "object"}, roll)
"""


PARROT = """
from runs.engine.types import Reply, Usage

class Stream:
    ended, cut = True, False

    def __init__(self, text):
        self.received, self.characters = text, len(text)
        self.reply, self.usage = Reply(text, (), "stop", "parrot-1"), Usage(1, 0, 1)

    async def __aiter__(self):
        yield self.received

    async def close(self):
        pass

class Parrot:
    def __init__(self, *, api_key, base_url, read_timeout_s):
        self.said = f"It says {api_key}."

    async def stream(self, request):
        return Stream(self.said)

    def context_tokens(self, model):
        return None

    async def close(self):
        pass

class Mute:
    def __init__(self, **_):
        pass
"""


def packed(folder: Path, entry_points: str, **modules: str) -> Path:
    """Make a wheel of these modules."""
    wheel = folder / "extras-1.0-py3-none-any.whl"
    metadata = "Metadata-Version: 2.1\nName: extras\nVersion: 1.0\n"
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, text in modules.items():
            archive.writestr(f"{name}.py", text)
        archive.writestr("extras-1.0.dist-info/METADATA", metadata)
        archive.writestr("extras-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        archive.writestr("extras-1.0.dist-info/entry_points.txt", entry_points)
        archive.writestr("extras-1.0.dist-info/RECORD", "")
    return wheel


def python(site: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        capture_output=True,
        text=True,
        timeout=200,
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(site), **environment},
    )


def test_an_installed_pattern_and_tool_are_offered_and_run(tmp_path: Path, simulator: Process):
    points = "[agentsite.patterns]\nvote = vote:Vote\n[agentsite.tools]\ndice = dice:DICE\n"
    wheel = packed(tmp_path, points, vote=source(), dice=DICE)
    site = tmp_path / "site"
    options = ("--no-index", "--no-deps", "--quiet", "--target", str(site))
    subprocess.run([sys.executable, "-m", "pip", "install", *options, str(wheel)], check=True)
    listed = (
        "from runs.engine.registry import PATTERNS; from runs.engine.tools.registry import TOOLS;"
        "print(list(PATTERNS)[-1], list(TOOLS)[-1])"
    )
    assert python(site, "-c", listed).stdout == "vote dice\n"
    run = ("-m", "runs.engine", "vote", "How many legs has a spider?", "--tool", "dice")
    done = python(site, *run, OPENAI_BASE_URL=f"{simulator.url}/v1")
    assert done.returncode == 0, done.stderr
    assert "4 LLM calls" in done.stderr


def test_an_installed_provider_is_called_by_its_name(tmp_path: Path):
    wheel = packed(tmp_path, "[agentsite.models]\nparrot = parrot:Parrot\n", parrot=PARROT)
    run = ("-m", "runs.engine", "react", "hello", "--provider", "parrot", "--model", "parrot-1")
    done = python(wheel, *run, PARROT_API_KEY="a-word")
    assert done.returncode == 0, done.stderr
    assert "It says a-word." in done.stdout


SITE = {
    "ENV_FILE": "",
    "PROVIDERS": "parrot",
    "PARROT_MODELS": "parrot-1",
    "CHEAP_MODELS": "",
    "STRONG_MODELS": "",
}
LOAD = "from agentsite.env import load_env; print(load_env().site_providers)"


def test_a_site_offers_its_models_where_its_environment_names_it(tmp_path: Path):
    wheel = packed(tmp_path, "[agentsite.models]\nparrot = parrot:Parrot\n", parrot=PARROT)
    named, unnamed = python(wheel, "-c", LOAD, **SITE), python(wheel, "-c", LOAD, ENV_FILE="")
    assert "models=('parrot-1',), endpoint='parrot'" in named.stdout, named.stderr
    assert "packaged=True" in named.stdout
    assert "parrot" not in unnamed.stdout


@pytest.mark.parametrize(
    ("points", "said"),
    [
        ("parrot = gone:Parrot", "“parrot” of the package extras can't be loaded: No module"),
        ("parrot = parrot:MODELS", "can't be loaded"),
    ],
)
def test_a_provider_that_can_not_be_loaded_ends_the_start(tmp_path: Path, points: str, said: str):
    wheel = packed(tmp_path, f"[agentsite.models]\n{points}\n", parrot=PARROT)
    done = python(wheel, "-c", LOAD, **SITE)
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith("agentsite: bad environment: agentsite.models")
    assert said in line


def test_what_calls_no_models_is_no_provider(tmp_path: Path):
    wheel = packed(tmp_path, "[agentsite.models]\nmute = parrot:Mute\n", parrot=PARROT)
    run = ("-m", "runs.engine", "react", "hello", "--provider", "mute", "--model", "m")
    done = python(wheel, *run)
    assert done.returncode == 2
    assert done.stderr == "agentsite.models “mute” makes no Endpoint\n"


@pytest.mark.parametrize(
    ("points", "said"),
    [
        ("[agentsite.patterns]\nvote = gone:Vote\n", "agentsite.patterns “vote” of the package"),
        ("[agentsite.patterns]\nvote = dice:DICE\n", "is no Pattern"),
        ("[agentsite.tools]\ndice = dice:roll\n", "is no Tool"),
        ("[agentsite.tools]\ndice = twin:DICE\n", "there is a tool “calculator” already"),
        ("[agentsite.patterns]\nvote = twin:Twin\n", "a pattern “react” already"),
    ],
)
def test_one_that_can_not_be_offered_is_named(tmp_path: Path, points: str, said: str):
    twin = DICE.replace('"dice"', '"calculator"') + (
        "from runs.engine.patterns.react import ReAct\nTwin = type('Twin', (ReAct,), {})\n"
    )
    wheel = packed(tmp_path, points, dice=DICE, twin=twin)
    done = python(wheel, "-c", "import runs.engine.registry, runs.engine.tools.registry")
    assert done.returncode == 1
    assert said in done.stderr.splitlines()[-1]
