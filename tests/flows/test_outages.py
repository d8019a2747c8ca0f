"""Postgres or Redis goes away while runs are under way, on servers of this test's own."""

import time

import pytest
from redis import Redis
from websockets.exceptions import ConnectionClosed

from tests.flows.live import Viewer
from tests.flows.own_servers import LEASE_S, Site, is_running
from tests.pace import limit, seconds_of
from tests.stack import wait_for
from tests.superuser import as_superuser

# PostgreSQL's own code for it: disk_full.
FULL = """
    CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION USING ERRCODE = '53100'; END $$;
    CREATE TRIGGER full_disk BEFORE INSERT ON billing_ledgerentry
        FOR EACH ROW EXECUTE FUNCTION full_disk();
"""
TASK = "Describe a lighthouse."


def test_postgres_away_for_longer_than_a_lease_loses_and_rebuys_nothing(site: Site) -> None:
    site.stack.start_worker("other")
    run = site.submit(f"{TASK} [sim: chunks=60 rate=20]")
    wait_for(lambda: site.stack.provider_ledger(run["task"]) or is_running(site, run))
    time.sleep(0.5)
    site.postgres.kill()
    time.sleep(LEASE_S + 1)
    site.postgres.start()
    run = site.ended(run)
    assert (run["status"], run["attempt"]) == ("succeeded", 1)
    (billed,) = site.stack.provider_ledger(run["task"])
    assert billed["completion_tokens"] == run["usage"]["output_tokens"]
    assert run["in_doubt_usd"] == "0"
    assert "agree" in site.manage("audit_ledger")


def test_without_postgres_pages_and_sockets_say_when_to_come_back(site: Site) -> None:
    run = site.submit(TASK)

    def look() -> None:
        with Viewer(site.stack.web_url, run["id"], site.key) as viewer:
            viewer.receive()

    def look_in_vain() -> None:
        with pytest.raises(ConnectionClosed) as closed:
            look()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4503

    usual_s = seconds_of(look)
    site.postgres.stop()
    assert seconds_of(look_in_vain) < limit(5, usual_s)
    page = site.api.get("/", headers={"Cookie": "sessionid=anything"})
    assert (page.status_code, page.headers["Content-Type"]) == (503, "text/html; charset=utf-8")
    assert int(page.headers["Retry-After"]) > 0


def test_redis_down_delays_nothing_but_the_live_view(site: Site) -> None:
    runs = []

    def submit() -> None:
        runs.append(site.submit(f"{TASK} [sim: chunks=60 rate=30]"))

    usual_s = seconds_of(submit)
    before = site.ended(runs[0])
    site.redis.stop()
    assert seconds_of(submit) < limit(1, usual_s)
    run = runs[1]
    with Viewer(site.stack.web_url, run["id"], site.key) as viewer:
        viewer.until("step.started")
        site.redis.start()
        events = viewer.to_the_end()
    assert site.ended(run)["status"] == before["status"] == "succeeded"
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))


def test_emptying_redis_makes_no_gap(site: Site) -> None:
    run = site.submit(f"{TASK} [sim: chunks=150 rate=30]")
    with Viewer(site.stack.web_url, run["id"], site.key) as viewer:
        viewer.until("text.delta", "text.snapshot")
        Redis.from_url(site.redis.url).flushall()
        with Viewer(site.stack.web_url, run["id"], site.key) as late:
            assert late.to_the_end() == viewer.to_the_end()
        assert (viewer.holes, late.holes) == (0, 0)
    ((_, text),) = viewer.texts.items()
    assert site.ended(run)["answer"] == text.strip()


def test_while_the_disk_of_postgres_is_full_a_paid_answer_waits(site: Site) -> None:
    run = site.submit(f"{TASK} [sim: chunks=40 rate=40]")
    wait_for(lambda: is_running(site, run))
    with as_superuser(site.postgres, site.folder / "postgres") as database:
        database.execute(FULL)
        wait_for(lambda: "no space left on its disk" in site.stack.logs())
        (billed,) = site.stack.provider_ledger(run["task"])
        time.sleep(LEASE_S)
        assert is_running(site, run)
        database.execute("DROP TRIGGER full_disk ON billing_ledgerentry")
    run = site.ended(run)
    assert (run["status"], run["attempt"], run["in_doubt_usd"]) == ("succeeded", 1, "0")
    assert site.stack.provider_ledger(run["task"]) == [billed]
