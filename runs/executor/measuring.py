"""Each call of a model is measured once it is settled."""

from runs.engine.types import StepEnd, StepStart
from web.measures import LLM_CALLS, LLM_FIRST_SECONDS, LLM_SECONDS


def measure_call(start: StepStart, end: StepEnd) -> None:
    """Count the call, and how long its answer and the first words of it took."""
    LLM_CALLS.labels(start.model, end.status).inc()
    LLM_SECONDS.labels(start.model).observe(end.duration_ms / 1000)
    if end.first_output_ms is not None:
        LLM_FIRST_SECONDS.labels(start.model).observe(end.first_output_ms / 1000)
