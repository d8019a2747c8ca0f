"""Two who do something to one set at once."""

import pytest

from runs.models import Run
from runs.models.prompt_sets import PromptSet
from runs.prompt_texts import PromptTexts
from runs.services import Submission, submit_run
from runs.services.prompt_sets import add_version, delete_prompt_set
from runs.spec import submission_of_run
from tests.race import race
from tests.runs.prompts.sets import prompt_set

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def made(alice) -> PromptSet:
    return prompt_set(alice).prompt_set


def add(made: PromptSet, goal: str) -> int:
    return add_version(prompt_set=made, texts=PromptTexts(goals=(goal,)))[0].number


def test_both_are_kept_under_numbers_of_their_own(made):
    assert race(lambda: add(made, "first"), lambda: add(made, "second")) == 3

    goals = {version.number: version.goals for version in made.versions.all()}
    assert goals == {1: ["short"], 2: ["first"], 3: ["second"]}


def test_a_set_that_is_deleted_while_a_run_names_it_leaves_a_whole_run(made, alice, client_for):
    asked = Submission(task="x", pattern="reflection", prompt_set="poet")
    same = PromptSet.objects.get()

    run = race(
        lambda: delete_prompt_set(prompt_set=same),
        lambda: submit_run(owner=alice, submission=asked).run,
        waits=False,
    )

    run = Run.objects.get(pk=run.pk)
    assert (run.prompt_set, run.config["goals"]) == ("poet@1", ["short"])
    assert submission_of_run(run).goals == ("short",)
    html = client_for(alice).get(f"/runs/{run.pk}/").content.decode()
    assert "poet v1, deleted since" in html


def test_a_set_that_is_deleted_meanwhile_is_gone(made):
    same = PromptSet.objects.get()
    with pytest.raises(PromptSet.DoesNotExist):
        race(lambda: delete_prompt_set(prompt_set=same), lambda: add(made, "late"))

    assert not PromptSet.objects.exists()
