"""Viewers of runs on WebSockets: they join at any time, and come back when they are cut off."""

import asyncio
from dataclasses import dataclass, field

import aiohttp

COME_BACK_S = 0.3
SILENT_S = 60.0


@dataclass
class Viewed:
    """What one viewer of one run has seen: the seqs in their order, and how often it was cut."""

    run: str
    seqs: list[int] = field(default_factory=list)
    cuts: int = 0
    ended: bool = False


async def watch(
    session: aiohttp.ClientSession, address: str, headers: dict[str, str], seen: Viewed
) -> None:
    """Follow a run to its last event, resuming after the last one seen."""
    while not seen.ended:
        after = seen.seqs[-1] if seen.seqs else 0
        url = f"ws://{address}/ws/runs/{seen.run}/?after={after}"
        try:
            async with session.ws_connect(url, headers=headers, timeout=_timeout()) as socket:
                await _follow(socket, seen)
        except (aiohttp.ClientError, TimeoutError, OSError):
            pass
        if not seen.ended:
            seen.cuts += 1
            await asyncio.sleep(COME_BACK_S)


def _timeout() -> aiohttp.ClientWSTimeout:
    return aiohttp.ClientWSTimeout(ws_receive=SILENT_S, ws_close=1)


async def _follow(socket: aiohttp.ClientWebSocketResponse, seen: Viewed) -> None:
    async for message in socket:
        if message.type != aiohttp.WSMsgType.TEXT:
            return
        event = message.json()
        if "seq" in event:
            seen.seqs.append(event["seq"])
            seen.ended = event["type"] == "run.finished"
        if seen.ended:
            return
