"""``python -m agentsite.server -b HOST -p PORT agentsite.asgi:application``, as daphne itself."""

from typing import Any

# First of all: it chooses Twisted's reactor.
from daphne import server
from daphne.cli import CommandLineInterface

from agentsite.server.bounded import BoundedFactory

# A client sends its token and no more. What is longer is dropped with its connection; what is only
# too long for a token is told so by the consumer.
MAX_SOCKET_MESSAGE = 200_000

# daphne's `run` makes the factory, and has no hook for another one.
server.HTTPFactory = BoundedFactory


class Server(server.Server):  # type: ignore[misc]
    """daphne's server with our limits."""

    def __init__(self, *args: Any, **options: Any) -> None:
        options["websocket_max_message_size"] = MAX_SOCKET_MESSAGE
        options["websocket_max_frame_size"] = MAX_SOCKET_MESSAGE
        super().__init__(*args, **options)


class Command(CommandLineInterface):  # type: ignore[misc]
    """daphne's command line."""

    server_class = Server


if __name__ == "__main__":
    Command.entrypoint()
