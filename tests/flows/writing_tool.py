"""A tool that changes something, as a package beside the site brings it: workers find it by its
entry point, and what it does is a line in a file.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runs.engine.tools.tool import Tool, ToolContext

MODULE = """
import asyncio, os
from pathlib import Path
from runs.engine.tools.tool import Tool

SCHEMA = {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]}

async def send(arguments, context):
    with Path(os.environ["NOTES"]).open("a") as notes:
        notes.write(context.effect_id + "\\n")
    await asyncio.sleep(float(os.environ.get("NOTE_TAKES_S", "0")))
    return "sent"

NOTE = Tool("send_note", "Send a note", "Sends a note.", SCHEMA, send, effect="write", timeout_s=60)
"""
POINTS = "[agentsite.tools]\nsend_note = note:NOTE\n"
METADATA = "Metadata-Version: 2.1\nName: note\nVersion: 1.0\n"


@dataclass(frozen=True)
class Notes:
    """The package in a folder, and what its tool has done."""

    folder: Path

    @classmethod
    def installed(cls, folder: Path) -> "Notes":
        about = folder / "note-1.0.dist-info"
        about.mkdir(parents=True)
        (folder / "note.py").write_text(MODULE)
        (about / "METADATA").write_text(METADATA)
        (about / "entry_points.txt").write_text(POINTS)
        return cls(folder)

    @property
    def env(self) -> dict[str, str]:
        path = os.pathsep.join(filter(None, (str(self.folder), os.environ.get("PYTHONPATH"))))
        return {"PYTHONPATH": path, "NOTES": str(self.folder / "notes")}

    @property
    def sent(self) -> list[str]:
        """The effect ids, in the order of the effects."""
        notes = self.folder / "notes"
        return notes.read_text().split() if notes.exists() else []


async def elsewhere(arguments: dict[str, Any], context: ToolContext) -> str:
    raise AssertionError("it runs in a worker")


# What the site that takes the submits knows of it.
NOTE = Tool(
    "send_note", "Send a note", "Sends a note.", {"type": "object"}, elsewhere, effect="write"
)
