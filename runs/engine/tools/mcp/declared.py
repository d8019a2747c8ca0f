"""A tool as its server declared it, kept with each run that may use it."""

from dataclasses import asdict, dataclass
from typing import Any, Literal

from runs.engine.tools.mcp.results import text_of
from runs.engine.tools.tool import Tool, ToolContext, ToolError

MAX_CALLS = 100
TIMEOUT_S = 30.0
# With this in `_meta`, a server can tell a call that comes again from a new one.
EFFECT_ID = "io.agentsite/idempotency-key"


@dataclass(frozen=True, slots=True)
class Declared:
    """A tool of a server: its name there, its schemas, and what staff say it does."""

    server: str
    name: str
    label: str
    description: str
    schema: dict[str, Any]
    output_schema: dict[str, Any] | None = None
    effect: Literal["read", "write", "unknown"] = "unknown"

    def kept(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)

    def tool(self, name: str) -> Tool:
        """As a tool under this name."""

        async def run(arguments: dict[str, Any], context: ToolContext) -> str:
            if context.servers is None:
                raise ToolError("No other server can be asked here.")
            meta = {EFFECT_ID: context.effect_id} if context.effect_id else {}
            result = await context.servers.call(self.server, self.name, arguments, meta)
            return await text_of(result, self.output_schema)

        return Tool(
            name=name,
            label=self.label,
            description=self.description,
            schema=self.schema,
            run=run,
            effect=self.effect,
            timeout_s=TIMEOUT_S,
            max_calls=MAX_CALLS,
            server=self.server,
        )
