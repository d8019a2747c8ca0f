"""Following a run to its end, or as long as the one who watches likes."""

import sys

from agentsite.cli.output import Output
from agentsite.cli.progress import GOOD, Progress
from agentsite.client import Client, Conflict, Event, Run, Text

DETACHED = 130


class Follower:
    """Shows a run live on the error stream, and its answer on the output."""

    def __init__(self, client: Client, out: Output, err: Output, *, as_json: bool) -> None:
        self.client = client
        self.out = out
        self.err = err
        self.as_json = as_json
        self.progress = Progress(err)
        self.last_seq = 0

    def follow(self, run_id: str, after: int = 0) -> int:
        """Follow the run; the exit code of the program."""
        self.last_seq = after
        while True:
            try:
                self._watch(run_id)
                return self._end(self.client.run(run_id))
            except KeyboardInterrupt:
                if not self._wants_cancel():
                    self.err.line(f"Detached; the run goes on: agentsite tail {run_id}")
                    return DETACHED
                self._cancel(run_id)

    def _watch(self, run_id: str) -> None:
        show = self._as_json if self.as_json else self.progress.show
        watch = self.client.follow if self.as_json else self.client.watch
        for item in watch(run_id, after=self.last_seq):
            if isinstance(item, Event):
                self.last_seq = item.seq
            show(item)

    def _as_json(self, item: Event | Text) -> None:
        self.out.json(item)

    def _end(self, run: Run) -> int:
        if self.as_json:
            self.out.json({"run": run})
        else:
            self.progress.end(run)
            self._answer(run)
        return 0 if run.status == GOOD else 1

    def _answer(self, run: Run) -> None:
        """The answer, unless it has just been written to the same terminal."""
        seen = self.err.is_terminal and self.out.is_terminal
        if run.answer and not (seen and self.progress.last_text.strip() == run.answer.strip()):
            self.out.body(run.answer)

    def _wants_cancel(self) -> bool:
        """What the one who pressed Ctrl-C wants; without a terminal nobody can be asked."""
        if not (sys.stdin.isatty() and self.err.is_terminal):
            return False
        self.err.write("\nCancel the run? [y/N] ")
        try:
            return sys.stdin.readline().strip().lower() in ("y", "yes")
        except KeyboardInterrupt:
            self.err.write("\n")
            return False

    def _cancel(self, run_id: str) -> None:
        try:
            self.client.cancel(run_id)
        except Conflict:
            self.err.line("It has ended meanwhile.")
