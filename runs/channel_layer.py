"""The channel layer: Redis pub/sub that lets viewers connect while Redis is away."""

import asyncio
from uuid import uuid4

from channels_redis.pubsub import RedisPubSubChannelLayer


class SteadyChannelLayer(RedisPubSubChannelLayer):  # type: ignore[misc]
    """Viewers are only ever sent to by group, so their own channel needs no subscription.

    That spares one subscription a viewer, and a viewer who joins while Redis is down is let in.
    """

    async def new_channel(self, prefix: str = "specific.") -> str:
        """A channel of this process, for a consumer to receive from."""
        layer = self._get_layer()
        channel = f"{layer.prefix}{prefix}{uuid4().hex}"
        layer.channels[channel] = asyncio.Queue()
        return channel
