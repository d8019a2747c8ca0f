"""One kind of call of a pattern: its prompt, its part, and how it is shown."""

from dataclasses import dataclass

TASK = "task"


@dataclass(frozen=True, slots=True)
class Step:
    """One kind of call. In its prompt, `{name}` stands for a variable.

    `carries` are the variables besides the task, which hold what earlier calls brought. A text that
    replaces `user` must use the task and every variable in `required`. `writes` says that its text
    may become the answer: whenever the reply asks for no tool. `concludes` says that it is the
    answer, from its first word on. `says` names the fields of its JSON that lists show, such as
    `scores.comment`. `also` are other words under which its calls are keyed. `icon` is a name of
    the sprite.
    """

    key: str
    label: str
    role: str
    system: str
    user: str
    carries: tuple[str, ...] = ()
    required: tuple[str, ...] = (TASK,)
    max_output_tokens: int = 4096
    writes: bool = False
    concludes: bool = False
    says: tuple[str, ...] = ()
    icon: str = "think"
    also: tuple[str, ...] = ()

    @property
    def variables(self) -> tuple[str, ...]:
        """What its prompt may use."""
        return (TASK, *self.carries)

    def is_at(self, position: str) -> bool:
        """True when a call at this position, or with this key, is one of this step's."""
        return not {self.key, *self.also}.isdisjoint(position.split("/"))


@dataclass(frozen=True, slots=True)
class Artifact:
    """A kind of thing that a step makes besides its text, shown in a box with this icon."""

    kind: str
    icon: str = "list"
