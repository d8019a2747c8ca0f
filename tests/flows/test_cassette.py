"""A worker's run, exported over the API and played again: its answer, by schema, is the same."""

from runs.engine.cassette.player import Player
from runs.engine.cassette.tape import loads
from runs.states import Status

SCHEMA = {
    "type": "object",
    "properties": {"why": {"type": "string"}, "result": {"type": "integer"}},
    "required": ["why", "result"],
}


def test_what_a_worker_did_is_played_without_it(worker, submit, ended, api) -> None:
    task = "What is 6*7, and what time is it in Paris? 😀"
    run = ended(submit(task, tools=["calculator", "current_time"], answer_schema=SCHEMA))
    assert (run.status, run.answer_kind) == (Status.SUCCEEDED, "final"), run.error
    shown = api.get(f"/api/v1/runs/{run.pk}/").json()
    assert list(shown["answer_json"]) == ["why", "result"]

    tape = loads(api.get(f"/api/v1/runs/{run.pk}/cassette/").content)
    player = Player(tape)
    assert player.check().answer == run.answer
    assert len(player.journal.steps) == run.llm_calls
    assert tape.tools
