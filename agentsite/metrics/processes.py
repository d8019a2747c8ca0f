"""What the processes of this machine measured, also those that have ended."""

import os
from contextlib import suppress
from pathlib import Path

from prometheus_client import REGISTRY, CollectorRegistry
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

from web.measures import FOLDER


def measured() -> CollectorRegistry:
    """Of all processes that share the folder; of this one where none is named."""
    if not FOLDER:
        return REGISTRY
    _forget_gauges_of_the_dead(Path(FOLDER))
    registry = CollectorRegistry()
    MultiProcessCollector(registry, path=FOLDER)  # type: ignore[no-untyped-call]
    return registry


def _forget_gauges_of_the_dead(folder: Path) -> None:
    """Counts outlive their process; what it had open doesn't, also where it was killed."""
    for file in folder.glob("gauge_live*_*.db"):
        process = int(file.stem.rpartition("_")[2])
        if not _is_alive(process):
            # Another scrape may have been faster.
            with suppress(FileNotFoundError):
                mark_process_dead(process, str(folder))  # type: ignore[no-untyped-call]


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True
