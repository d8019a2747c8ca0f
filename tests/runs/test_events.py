"""The catalogue of events says what is written and what docs/api.md promises."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from runs.events import EVENTS, NOTICES
from runs.models import RunEvent
from runs.wording import SENTENCES
from tests import journal
from tests.factories import RunFactory

DOCS = (Path(__file__).parents[2] / "docs" / "api.md").read_text()
ROW = re.compile(r"^\| `([a-z._]+)` \| (.*) \|$", re.MULTILINE)
# Their data has more fields, by the kind and by the code.
OPEN = {"artifact", "notice"}


def documented(title: str) -> dict[str, str]:
    """The rows of the table under a heading."""
    section = DOCS.split(f"### {title}\n")[1].split("\n#")[0]
    return dict(ROW.findall(section))


def test_the_docs_list_every_event_with_its_fields() -> None:
    rows = documented("Events")
    assert set(rows) == {event.type for event in EVENTS}
    for event in EVENTS:
        own = {field.name for field in fields(event)} - {"data", "figures"}
        assert own <= set(re.findall(r"`([a-z_]+)`", rows[event.type])), event


def test_the_docs_list_every_notice() -> None:
    assert set(documented("Notices")) == set(NOTICES)


@pytest.mark.django_db
def test_what_is_written_has_the_fields_of_its_class() -> None:
    run = RunFactory.create()
    journal.start(run)
    journal.fail(run, journal.dispatch(run))
    journal.lose_worker(run)
    journal.start(run)
    journal.ask_for_tool(run, "react/t9/tool/1")
    journal.pause(run)
    journal.decide(run, "react/t9/tool/1")
    journal.succeed(run)
    written = {event.type: set(event.data) for event in RunEvent.objects.filter(run=run)}
    for event in EVENTS:
        if event.type in written and event.type not in OPEN:
            own = {field.name for field in fields(event)}
            assert own <= written[event.type] | {"cost_usd", "usage", "confidence"}, event.type
    assert written.keys() >= {event.type for event in EVENTS} - {"artifact"}


@pytest.mark.django_db
def test_sentences_are_added_when_an_event_is_read() -> None:
    run = journal.start(RunFactory.create())
    journal.lose_worker(run)
    (notice,) = RunEvent.objects.filter(run=run, type="notice")
    assert notice.data["message"].startswith("Worker w-")
    assert RunEvent.objects.filter(run=run, data__has_key="message").count() == 0


def test_a_code_without_figures_of_its_own_has_a_sentence() -> None:
    for code in ("handed_back", "deadline", "poisoned", "in_doubt"):
        assert SENTENCES[code]({}).endswith(".")
