"""The state machine of a breaker, with the clock given."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from runs.engine.breaker import CLOSED, Breaker, Rules

RULES = Rules(failures=3, lasting_s=2, forget_s=60, open_s=30, probe_s=75)
NOW = 1_000_000.0


def failing(times: int, *, apart_s: float = 1.0) -> Breaker:
    """A breaker after so many failures, the last one of them at NOW."""
    breaker = CLOSED
    for n in range(times):
        at = NOW - apart_s * (times - 1 - n)
        breaker = breaker.failed(at, "", "connection", RULES)
    return breaker


def probing() -> Breaker:
    """A breaker that a call has probed since its pause was over."""
    breaker = failing(3).admit(NOW + 30, "p1", RULES)
    assert breaker is not None
    return breaker


def test_it_opens_at_the_failure_that_is_one_too_many():
    assert failing(2).state(NOW) == "closed"
    assert failing(2).admit(NOW, "p", RULES) == failing(2)
    assert failing(3).state(NOW) == "open"
    assert failing(3).admit(NOW + 29.9, "p", RULES) is None


def test_a_hiccup_of_many_calls_at_once_does_not_open_it():
    burst = failing(50, apart_s=0.02)
    assert burst.state(NOW) == "closed"
    assert burst.failed(NOW + 1.1, "", "timeout", RULES).state(NOW + 1.1) == "open"
    assert burst.answered("").failed(NOW + 1.1, "", "timeout", RULES).failures == 1


def test_a_success_begins_the_row_anew():
    assert failing(2).answered("") == CLOSED


def test_failures_far_apart_are_no_row():
    assert failing(9, apart_s=61).failures == 1
    assert failing(3, apart_s=60).state(NOW) == "open"


def test_after_the_pause_one_call_probes_and_no_other():
    half_open = failing(3)
    assert half_open.state(NOW + 30) == "half_open"
    probed = half_open.admit(NOW + 30, "p1", RULES)
    assert probed is not None
    assert probed.probe == "p1"
    assert probed.admit(NOW + 31, "p2", RULES) is None


def test_a_probe_that_is_answered_closes_it():
    assert probing().answered("p1") == CLOSED


def test_a_probe_that_fails_opens_it_for_another_pause():
    again = probing().failed(NOW + 40, "p1", "timeout", RULES)
    assert (again.state(NOW + 69.9), again.state(NOW + 70)) == ("open", "half_open")
    assert (again.failures, again.code) == (4, "timeout")


def test_a_probe_that_says_nothing_gives_its_place_back():
    free = probing().withdrawn("p1")
    assert free.state(NOW + 31) == "half_open"
    assert free.admit(NOW + 31, "p2", RULES) is not None


def test_where_the_probe_is_never_heard_of_again_another_may_be_made():
    assert probing().admit(NOW + 104.9, "p2", RULES) is None
    taken = probing().admit(NOW + 105, "p2", RULES)
    assert taken is not None
    assert taken.answered("p1") == taken
    assert taken.failed(NOW + 106, "p1", "timeout", RULES) == taken
    assert taken.answered("p2") == CLOSED


def test_calls_that_began_before_it_opened_change_nothing():
    for breaker in (failing(3), probing()):
        assert breaker.answered("") == breaker
        assert breaker.failed(NOW + 1, "", "timeout", RULES) == breaker
        assert breaker.withdrawn("") == breaker


def test_it_says_why_and_until_when():
    outage = failing(3).outage("m-1")
    assert (outage.model, outage.failures, outage.code) == ("m-1", 3, "connection")
    assert outage.again_at == datetime.fromtimestamp(NOW + 30, UTC)
    assert probing().outage("m-1").again_at is None


@given(st.lists(st.tuples(st.sampled_from(["admit", "ok", "fail", "none"]), st.floats(0, 50))))
def test_two_probes_never_wait_for_a_result_at_once(script: list[tuple[str, float]]):
    breaker, now = CLOSED, NOW
    waiting: dict[str, float] = {}
    for n, (what, wait_s) in enumerate(script):
        now += wait_s
        probe = next(iter(waiting), "")
        if what == "admit":
            after = breaker.admit(now, f"p{n}", RULES)
            if after is not None and after != breaker:
                assert all(now >= until for until in waiting.values())
                waiting = {f"p{n}": now + RULES.probe_s}
            breaker = after or breaker
            continue
        waiting.pop(probe, None)
        if what == "ok":
            breaker = breaker.answered(probe)
        elif what == "fail":
            breaker = breaker.failed(now, probe, "timeout", RULES)
        else:
            breaker = breaker.withdrawn(probe)
