"""How far LATS searches, how many calls that takes, and why it ends."""

from math import ceil

from pydantic import Field

from runs.engine.pattern import Params, StopReason

# Most calls of a search cost less than this part of what they are held for.
USUAL_SHARE = 1 / 4


class LATSParams(Params):
    """Limits of one search."""

    max_iterations: int = Field(
        10,
        ge=1,
        le=20,
        title="Most iterations",
        description="Most iterations; each goes on from one node of the tree.",
    )
    num_expansions: int = Field(
        3,
        ge=1,
        le=6,
        title="Candidates an iteration",
        description="Most candidates of an iteration.",
    )
    max_depth: int = Field(
        5, ge=1, le=10, title="Most steps of a route", description="Most steps of a route."
    )
    exploration_weight: float = Field(
        1.41,
        ge=0,
        le=10,
        title="Curiosity",
        description="How much it prefers what it has seldom tried.",
    )
    success_threshold: float = Field(
        0.95,
        ge=0,
        le=1,
        title="Good enough from, score",
        description="The score at which an answer is good enough.",
    )
    patience: int = Field(
        4,
        ge=1,
        le=20,
        title="Patience, iterations",
        description="It ends after so many iterations without anything better.",
    )
    batch_evaluate: bool = Field(
        True,
        title="Score candidates together",
        description="Score the candidates of an iteration in one call, else in one each.",
    )
    observation_chars: int = Field(
        3000,
        ge=200,
        le=50_000,
        title="Tool result, characters",
        description="Most characters kept of a tool's result.",
    )

    def calls_for(self, iterations: int) -> int:
        """The most calls that so many iterations and the answer take."""
        return iterations * self._each + 1

    def held_for(self, iterations: int) -> int:
        """For how many calls at their most there has to be money, so that it lasts so long."""
        return self._each + ceil((iterations - 1) * self._each * USUAL_SHARE) + 1

    @property
    def _each(self) -> int:
        """The calls of one iteration."""
        return 1 + (1 if self.batch_evaluate else self.num_expansions)


MAX_ITERATIONS = StopReason(
    "max_iterations",
    "all iterations used",
    "No answer that it found was good enough",
    "Rerun it with more iterations, or with a lower success threshold.",
)
EXHAUSTED = StopReason(
    "exhausted",
    "no route left",
    "Every route had ended before an answer was good enough",
    "Rerun it with more expansions, more depth or a lower success threshold.",
)
