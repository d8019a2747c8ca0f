"""The catalogue of failures: the docs list it, and each row can be shown to a reader."""

import re
from pathlib import Path

import pytest

from runs.engine.provider.failures import FAILURES
from runs.failures import ADVICE, advice_for

DOCS = (Path(__file__).parents[2] / "docs" / "api.md").read_text()
SECTION = DOCS.partition("A run that failed says why")[2].partition("\n\nThe WebSocket")[0]
PROVIDER, TABLE = SECTION.split("|---|---|")


def test_the_docs_list_exactly_the_providers_codes():
    assert set(re.findall(r"`(\w+)`", PROVIDER)) - {"error", "code"} == set(FAILURES)


def test_the_docs_list_exactly_the_runs_own_codes():
    codes = [line.split("|")[1] for line in TABLE.splitlines() if line.startswith("|")]
    assert set(re.findall(r"`(\w+)`", " ".join(codes))) == set(ADVICE)


@pytest.mark.parametrize("failure", FAILURES.values(), ids=list(FAILURES))
def test_a_sentence_says_it_in_full(failure):
    assert failure.sentence.endswith(".")
    assert failure.advice == "" or failure.advice.endswith(".")
    assert advice_for(failure.code) == failure.advice


def test_what_was_never_taken_in_cost_nothing_and_what_broke_off_may_have():
    unknown = {code for code, failure in FAILURES.items() if failure.bought == "unknown"}
    assert unknown == {"timeout", "connection_lost", "stream_cut", "bad_stream", "not_a_stream"}


def test_the_codes_of_a_provider_are_not_a_runs_own():
    assert set(FAILURES).isdisjoint(ADVICE)
