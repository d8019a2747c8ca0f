"""How fast a stream was, for the estimate of what a cut answer bought."""

import pytest

from runs.engine.calls import metering
from runs.engine.calls.metering import UNKNOWN_SPEED_TOKENS_S, Speedometer
from runs.engine.calls.request import CallRequest

# One token.
WORD = " word"
REQUEST = CallRequest("react/t1/think", "Think", "m-1", [{"role": "user", "content": "x"}], 9_999)


def speed_of(*reads: tuple[float, int]) -> float:
    """Tokens a second of a stream that was sent at 0: how many words had come at which time."""
    speed = Speedometer()
    speed.read(0.0, 0)
    for at_s, words in reads:
        speed.read(at_s, words * len(WORD))
    return speed.tokens_per_s(WORD * reads[-1][1])


def steady(first_s: float, per_s: float, seconds: float) -> list[tuple[float, int]]:
    """Reads every 50 ms of a stream that begins with one word."""
    reads = range(round(seconds / 0.05) + 1)
    return [(first_s + 0.05 * read, 1 + int(per_s * 0.05 * read)) for read in reads]


def test_a_single_read_is_measured_from_the_request_on():
    assert speed_of((4.0, 2_000)) == pytest.approx(500)


def test_a_single_read_at_once_is_not_infinitely_fast():
    assert speed_of((0.001, 200)) <= 2_000


def test_what_came_too_slowly_to_tell_is_guessed_upwards():
    assert speed_of((3.0, 1)) == pytest.approx(UNKNOWN_SPEED_TOKENS_S)
    assert speed_of(*steady(3.0, 20, 0.5)) == pytest.approx(UNKNOWN_SPEED_TOKENS_S)


@pytest.mark.parametrize("first_s", [0.1, 3.0, 30.0])
@pytest.mark.parametrize("seconds", [0.2, 0.5, 1.0, 5.0])
def test_the_wait_for_the_first_word_does_not_slow_the_rest(first_s: float, seconds: float):
    assert speed_of(*steady(first_s, 400, seconds)) == pytest.approx(400, rel=0.25)


def test_a_slow_stream_is_as_slow_as_it_is_once_it_was_seen_for_a_second():
    assert speed_of(*steady(2.0, 20, 3.0)) == pytest.approx(20, rel=0.1)


def test_the_fastest_second_counts():
    burst = [(2.0 + at_s, words + 20) for at_s, words in steady(0.05, 300, 2.0)]
    calm = [(4.05 + at_s, burst[-1][1] + words) for at_s, words in steady(0.05, 10, 9.0)]
    assert speed_of(*steady(1.0, 20, 1.0), *burst, *calm) == pytest.approx(300, rel=0.1)


def test_an_answer_that_comes_in_lumps_is_measured_between_them():
    assert speed_of((3.0, 100), (5.0, 1_100), (7.0, 2_100)) == pytest.approx(500)


def test_what_may_still_have_been_written_is_five_seconds_at_the_peak():
    speed = Speedometer()
    speed.read(0.0, 0)
    received = WORD * 2_000
    speed.read(10.0, len(received))
    assert metering.cut(REQUEST, received, 9_999, speed).output == 3_000
    assert metering.cut(REQUEST, received, 2_500, speed).output == 2_500
