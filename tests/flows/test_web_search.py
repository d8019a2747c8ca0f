"""A worker's runs search the web where the site has a search: here, the simulator's."""

from runs.markdown import render_markdown
from runs.models import Step
from runs.states import Status


def test_a_report_has_the_sources_that_its_searches_found(
    stack, worker, submit, ended, settings
) -> None:
    settings.TOOL_SECRETS = {"search_url": f"{stack.simulator_url}/sim/search"}
    params = {"max_perspectives": 1, "max_sections": 1, "questions_per_perspective": 1}
    run = ended(submit("Report on bees", pattern="storm", params=params))

    assert (run.status, run.answer_kind) == (Status.SUCCEEDED, "final"), run.error
    assert run.sources
    assert all("(simulated)" in source["title"] for source in run.sources)
    page = render_markdown(run.answer)
    for source in run.sources:
        assert f'-note-{source["n"]}"' in page
        assert f'<a href="{source["url"]}"' in page
    assert Step.objects.filter(run=run, kind=Step.Kind.TOOL).count() == 1


def test_a_page_of_this_machine_is_not_read_by_a_worker(stack, worker, submit, ended) -> None:
    page = f"{stack.simulator_url}/v1/models"
    run = ended(submit(f"Read {page} and say what it offers", tools=["http_fetch"]))

    step = Step.objects.get(run=run, kind=Step.Kind.TOOL)
    assert step.response == {"text": "Only the ports 80 and 443 are read.", "code": "refused"}
