"""What a run does, line by line, as it is told."""

from collections.abc import Callable
from typing import Any

from agentsite.cli.output import Output, shortened, usd
from agentsite.client import Event, Run, Text

WIDTH = 100
GOOD = "succeeded"
Data = dict[str, Any]


class Progress:
    """Shows events and texts. Of steps that write at once, one is shown until something happens."""

    def __init__(self, output: Output) -> None:
        self.output = output
        self.last_text = ""
        self._writing: tuple[str, int] | None = None
        self._written: dict[tuple[str, int], int] = {}
        self._lines: dict[str, Callable[[Data], None]] = {
            "run.started": self._run_started,
            "step.started": self._step_started,
            "step.finished": self._step_finished,
            "step.failed": self._step_failed,
            "tool.asked": self._tool_asked,
            "tool.started": self._tool_started,
            "tool.finished": self._tool_finished,
            "notice": self._said,
            "run.awaiting": self._said,
        }

    def show(self, item: Event | Text) -> None:
        """One thing that was told."""
        if isinstance(item, Text):
            self._text(item)
        elif say := self._lines.get(item.type):
            self._end_text()
            say(item.data)

    def end(self, run: Run) -> None:
        """How it ended, and what it cost."""
        self._end_text()
        ending = "" if run.stop_reason in ("", "completed", run.status) else f" ({run.stop_reason})"
        style = "good" if run.status == GOOD else "bad"
        calls = f"{run.usage.llm_calls} calls" if run.usage.llm_calls != 1 else "1 call"
        figures = [run.status + ending, usd(run.cost_usd), calls]
        if run.started_at and run.finished_at:
            figures.append(f"{(run.finished_at - run.started_at).total_seconds():.1f} s")
        if run.saved_usd:
            figures.append(f"saved {usd(run.saved_usd)}")
        self.output.line(" · ".join(figures), style)
        if run.error is not None:
            self.output.line(run.error.message, "bad")

    def _text(self, text: Text) -> None:
        step = (text.key, text.attempt)
        self._writing = self._writing or step
        if self._writing == step:
            self.output.piece(text.whole[self._written.get(step, 0) :])
            self._written[step] = len(text.whole)
            self.last_text = text.whole

    def _end_text(self) -> None:
        if self._writing is not None:
            self.output.write("\n")
            self._writing = None

    def _run_started(self, data: Data) -> None:
        if data["attempt"] > 1:
            self.output.line(f"started again (attempt {data['attempt']})", "warn")

    def _step_started(self, data: Data) -> None:
        count = f" {data['n']} of {data['of']}" if data.get("of") else ""
        self.output.line(f"▸ {data['label']}{count}", "bold")

    def _step_finished(self, data: Data) -> None:
        took = [f"{data['duration_ms'] / 1000:.1f} s"] if "duration_ms" in data else []
        read_back = ["read back"] if data["replayed"] else []
        figures = ", ".join([*read_back, *took, usd(data["cost_usd"])])
        self.output.line(f"✓ {data['label']}  {figures}", "dim")

    def _step_failed(self, data: Data) -> None:
        message = shortened(data["error"]["message"], WIDTH)
        self.output.line(f"✗ {data['label']}  {message}", "bad")

    def _tool_asked(self, data: Data) -> None:
        self.output.line(f"? {data['label']}: {shortened(data['arguments'], WIDTH)}", "warn")

    def _tool_started(self, data: Data) -> None:
        self.output.line(f"▸ {data['label']}  {shortened(data['arguments'], WIDTH)}", "bold")

    def _tool_finished(self, data: Data) -> None:
        mark, style = ("✓", "dim") if data["ok"] else ("✗", "bad")
        self.output.line(f"{mark} {data['label']}  {shortened(data['preview'], WIDTH)}", style)

    def _said(self, data: Data) -> None:
        self.output.line(f"! {data['message']}", "warn")
