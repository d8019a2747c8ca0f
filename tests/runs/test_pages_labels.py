"""No page about a run shows a parameter, a step, a reason or a state by its raw name."""

import re
from typing import Any

import pytest

from runs.engine.registry import KNOWN
from runs.engine.wishes import EFFORTS, VERBOSITIES, wish_label
from tests import journal
from tests.factories import RunFactory

pytestmark = pytest.mark.django_db

RAW = re.compile(r"\b[a-z]+(?:_[a-z]+)+\b|\b[a-z_]+/[a-z_]+/?\w*")
# Of the run's own words, these are no names: its metadata.
OWN: dict[str, Any] = {"metadata": {}, "tags": ["night"], "cache_digest": b"x" * 32}


def details(html: str) -> str:
    """What a reader sees under Details."""
    card = html.split('id="details-title"')[1].split("</section>")[0]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", card))


def run_of(pattern: str, owner: Any, **options: Any) -> Any:
    params = KNOWN[pattern].params().model_dump(mode="json")
    config = {
        "custom_instructions": "",
        "goals": [],
        "prompts": {},
        "roles": {},
        "reasoning_effort": "xhigh",
        "verbosity": "low",
    }
    wanted = OWN | {"params": params, "config": config, "simulated": False} | options
    return RunFactory.create(owner=owner, pattern=pattern, **wanted)


@pytest.mark.parametrize("pattern", KNOWN)
def test_details_have_no_raw_name(client_for, alice, pattern):
    step = KNOWN[pattern].steps[0].key
    source = run_of(pattern, alice)
    run = run_of(pattern, alice, forked_from=source, fork_step=f"{pattern}/{step}/1")
    reasons = [reason.code for reason in KNOWN[pattern].stop_reasons] or ["context_full"]
    journal.start(run)
    journal.finish(run, answer_kind="best_effort", stop_reason=reasons[-1])
    browser = client_for(alice)

    for shown in (source, run):
        said = details(browser.get(f"/runs/{shown.pk}/").content.decode())
        assert "Extra high" in said
        assert not RAW.findall(said), said


def test_an_option_is_the_same_in_the_composer_and_on_the_runs_page(client_for, alice):
    browser = client_for(alice)
    run = run_of("reflexion", alice)
    assert "Judged by Both" in details(browser.get(f"/runs/{run.pk}/").content.decode())
    html = browser.get(f"/?from={run.pk}").content.decode()
    assert '<option value="both" selected>Both</option>' in html
    assert '<option value="llm">A model</option>' in html
    assert "Plan each trial: yes" in html


def test_wishes_have_words():
    for wish in (*EFFORTS, *VERBOSITIES):
        assert wish_label(wish)[0].isupper()
