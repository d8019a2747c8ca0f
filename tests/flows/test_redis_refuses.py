"""Redis answers, and refuses: its disk or memory is full, it is a replica, it knows no password."""

import shutil
from collections.abc import Callable

import pytest
from redis import Redis
from redis.exceptions import RedisError

from agentsite.local.ports import free_port
from tests.flows.live import Viewer
from tests.flows.own_servers import Site, is_running
from tests.pace import limit, seconds_of
from tests.stack import wait_for

TASK = "Describe a lighthouse."
SLOW = f"{TASK} [sim: chunks=100 rate=20]"


def out_of_memory(site: Site, redis: Redis) -> None:
    redis.config_set("maxmemory", 1)


def without_its_replicas(site: Site, redis: Redis) -> None:
    redis.config_set("min-replicas-to-write", 1)


def a_replica(site: Site, redis: Redis) -> None:
    redis.replicaof("127.0.0.1", free_port())


def unable_to_save(site: Site, redis: Redis) -> None:
    shutil.rmtree(site.folder / "redis")
    redis.config_set("save", "3600 1")
    redis.bgsave()
    wait_for(lambda: redis.info("persistence")["rdb_last_bgsave_status"] == "err")


def under_another_password(site: Site, redis: Redis) -> None:
    redis.config_set("requirepass", "another")


STATES = (
    out_of_memory,
    without_its_replicas,
    a_replica,
    unable_to_save,
    under_another_password,
)


@pytest.mark.parametrize("become", STATES, ids=lambda become: become.__name__)
def test_a_redis_that_refuses_only_delays(site: Site, become: Callable[[Site, Redis], None]):
    runs = []
    usual_s = seconds_of(lambda: runs.append(site.submit(SLOW)))
    run = runs[0]
    wait_for(lambda: is_running(site, run))
    with Redis.from_url(site.redis.url) as redis:
        become(site, redis)
        # Whoever has a connection has to ask for a new one.
        redis.client_kill_filter(_type="normal", skipme=True)
        redis.client_kill_filter(_type="pubsub")
    with Redis.from_url(site.redis.url) as redis, pytest.raises(RedisError):
        redis.set("any", "thing")

    assert seconds_of(lambda: runs.append(site.submit(TASK))) < limit(2, usual_s)
    with Viewer(site.stack.web_url, run["id"], site.key) as viewer:
        events = viewer.to_the_end()

    for one in runs:
        ended = site.ended(one)
        assert (ended["status"], ended["attempt"]) == ("succeeded", 1)
        assert ended["in_doubt_usd"] == "0"
        (billed,) = site.stack.provider_ledger(one["task"])
        assert billed["completion_tokens"] == ended["usage"]["output_tokens"]
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    assert site.worker.poll() is None, "the worker ended"
    assert site.api.get("/readyz").json()["cache"] != "healthy"
