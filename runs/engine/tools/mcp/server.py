"""An MCP server that staff configured."""

from dataclasses import dataclass, field

from runs.engine.tools.web.places import Place


@dataclass(frozen=True, slots=True)
class Server:
    """Where a server is, and the token that it alone is sent.

    An `internal` one may have a private address, and need no encryption. `closed_names` are hosts
    of the site's own, where no other one may be.
    """

    key: str
    url: str
    token: str = field(default="", repr=False)
    internal: bool = False
    closed_names: tuple[str, ...] = ()

    @property
    def place(self) -> Place:
        """Where it may be."""
        return Place(self.url, self.internal, self.closed_names)
