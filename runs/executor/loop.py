"""The asyncio loop of a worker and of its children."""

import asyncio


def new_loop() -> asyncio.AbstractEventLoop:
    """uvloop where it has a wheel, else asyncio's own."""
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop()
    loop: asyncio.AbstractEventLoop = uvloop.new_event_loop()
    return loop
