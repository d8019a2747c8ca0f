"""GET /api/v1/runs/: whose, in which order, page by page, filtered."""

from datetime import timedelta
from decimal import Decimal
from urllib.parse import urlencode

import pytest
from django.utils import timezone

from runs.models import Run
from tests import journal
from tests.factories import RunFactory

pytestmark = pytest.mark.django_db
URL = "/api/v1/runs/"


@pytest.fixture
def api(api_for, alice):
    return api_for(alice)


def ids(response) -> list[str]:
    assert response.status_code == 200, response.content
    return [run["id"] for run in response.json()["results"]]


def walk(api, url: str, link: str = "next") -> list[list[str]]:
    pages = []
    while url:
        response = api.get(url)
        pages.append(ids(response))
        url = response.json()[link]
    return pages


def test_the_list_is_mine_and_newest_first(api, alice, bob):
    mine = [RunFactory.create(owner=alice) for _ in range(3)]
    RunFactory.create(owner=bob)

    response = api.get(URL)

    assert ids(response) == [str(run.pk) for run in reversed(mine)]
    assert response.json()["next"] is None
    assert response.json()["previous"] is None


def test_long_answers_make_short_pages(api, alice):
    runs = [
        RunFactory.create(owner=alice, answer="é" * (length // 2))
        for length in (3_000_000, 900_000, 900_000, 900_000)
    ]

    pages = walk(api, f"{URL}?page_size=100")

    newest = [str(run.pk) for run in reversed(runs)]
    assert pages == [newest[:2], newest[2:3], newest[3:]]
    last = api.get(api.get(api.get(URL).json()["next"]).json()["next"]).json()
    assert walk(api, last["previous"], "previous") == [newest[1:3], newest[:1]]


def test_an_empty_list_is_a_list(api):
    assert api.get(URL).json() == {"next": None, "previous": None, "results": []}


def test_pages_follow_each_other_and_lead_back(api, alice):
    runs = [str(RunFactory.create(owner=alice).pk) for _ in range(7)][::-1]

    pages = walk(api, f"{URL}?page_size=3")
    assert pages == [runs[:3], runs[3:6], runs[6:]]

    last = api.get(api.get(api.get(f"{URL}?page_size=3").json()["next"]).json()["next"])
    assert walk(api, last.json()["previous"], "previous") == [runs[3:6], runs[:3]]


def test_new_runs_do_not_shift_a_page(api, alice):
    runs = [str(RunFactory.create(owner=alice).pk) for _ in range(4)][::-1]
    first = api.get(f"{URL}?page_size=2").json()
    newer = str(RunFactory.create(owner=alice).pk)

    second = api.get(first["next"])
    assert ids(second) == runs[2:]
    assert ids(api.get(second.json()["previous"])) == runs[:2]
    assert ids(api.get(f"{URL}?page_size=1")) == [newer]


def test_the_dearest_come_first_and_equal_costs_are_never_lost(api, alice):
    costs = ["0.5", "0", "0.5", "0.000000000001", "0", "2", "0.5"]
    runs = [RunFactory.create(owner=alice) for _ in costs]
    for run, cost in zip(runs, costs, strict=True):
        Run.objects.filter(pk=run.pk).update(cost_usd=Decimal(cost))
    order = sorted(zip(map(Decimal, costs), (r.pk for r in runs), strict=True), reverse=True)

    pages = walk(api, f"{URL}?ordering=-cost_usd&page_size=2")

    assert [pk for page in pages for pk in page] == [str(pk) for _, pk in order]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"status": "sleeping"}, "status"),
        ({"pattern": "magic"}, "pattern"),
        ({"created_after": "yesterday"}, "created_after"),
        ({"created_before": "2026-13-01"}, "created_before"),
        ({"ordering": "task"}, "ordering"),
        ({"page_size": "0"}, "page_size"),
        ({"page_size": "101"}, "page_size"),
        ({"page_size": "many"}, "page_size"),
        ({"page_size": "9" * 5000}, "page_size"),
        ({"page_size": "0" * 8 + "1999"}, "page_size"),
        ({"page_size": "0" * 8 + "1" * 5000}, "page_size"),
        ({"q": "a\0b"}, "q"),
        ({"model": "\0"}, "model"),
        ({"cursor": "x"}, "cursor"),
        ({"cursor": "bm9uc2Vuc2U="}, "cursor"),
        ({"cursor": "WyIiLHRydWUsWyJ4Il1d"}, "cursor"),
        ({"cursor": "é"}, "cursor"),
        ({"statsu": "queued"}, "statsu"),
        ({"after": "3"}, "after"),
    ],
)
def test_a_value_that_means_nothing_is_400(api, query, field):
    response = api.get(f"{URL}?{urlencode(query)}")

    assert response.status_code == 400, response.content
    assert list(response.json()["errors"]) == [field]


@pytest.mark.parametrize("name", ["created_after", "created_before"])
@pytest.mark.parametrize(
    "moment",
    ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "0001-01-01", "9999-12-31"],
)
def test_the_first_and_the_last_moment_are_no_mistakes_of_ours(api, name, moment):
    response = api.get(f"{URL}?{urlencode({name: moment})}")

    assert response.status_code in (200, 400), response.content


def test_a_cursor_is_for_its_ordering(api, alice):
    for _ in range(2):
        RunFactory.create(owner=alice)
    following = api.get(f"{URL}?page_size=1").json()["next"]

    response = api.get(f"{following}&ordering=-cost_usd")

    assert list(response.json()["errors"]) == ["cursor"]


def test_filters(api, alice):
    now = timezone.now()
    old = RunFactory.create(owner=alice, task="Count the APPLES", chosen_model="gpt-5-mini")
    new = RunFactory.create(owner=alice, task="100% of_pears", model="gpt-4.1-nano")
    Run.objects.filter(pk=old.pk).update(created_at=now - timedelta(days=2))
    journal.start(new)
    yesterday = (now - timedelta(days=1)).isoformat()

    def found(**query: str) -> set[str]:
        return set(ids(api.get(f"{URL}?{urlencode(query)}")))

    assert found(q="apples") == {str(old.pk)}
    assert found(q="100%") == {str(new.pk)}
    assert found(q="f_p") == {str(new.pk)}
    assert found(q="d_t") == set()
    assert found(status="running") >= {str(new.pk)}
    assert found(status="succeeded") == set()
    assert found(model="gpt-5-mini") == {str(old.pk)}
    assert found(model="gpt-4.1-nano") == {str(new.pk)}
    assert found(created_after=yesterday) == {str(new.pk)}
    assert found(created_before=yesterday) == {str(old.pk)}
    assert found(pattern="react") == {str(old.pk), str(new.pk)}
    assert found(pattern="reflection") == set()


def test_filters_stay_in_the_links(api, alice):
    runs = [str(RunFactory.create(owner=alice, task="pick me").pk) for _ in range(3)][::-1]
    RunFactory.create(owner=alice, task="other")

    assert walk(api, f"{URL}?q=pick&page_size=2") == [runs[:2], runs[2:]]


def test_a_list_costs_the_same_queries_for_1_run_as_for_20(
    api, alice, django_assert_max_num_queries
):
    RunFactory.create(owner=alice)
    api.get(URL)  # the token's first use is noted
    with django_assert_max_num_queries(4) as one:
        api.get(URL)
    for _ in range(19):
        RunFactory.create(owner=alice)
    with django_assert_max_num_queries(len(one)):
        assert len(ids(api.get(URL))) == 20


def test_places_in_the_queue_count_everyone(api, api_for, alice, bob):
    first = RunFactory.create(owner=alice)
    RunFactory.create(owner=bob)
    third = RunFactory.create(owner=alice)

    shown = {run["id"]: run["queue"] for run in api.get(URL).json()["results"]}

    assert shown[str(first.pk)] == {"position": 1, "starts_in_s": None}
    assert shown[str(third.pk)] == {"position": 3, "starts_in_s": None}
