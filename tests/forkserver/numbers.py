"""Numbers on a socket."""

import socket

SIZE = 4


def send_number(other: socket.socket, number: int) -> None:
    """Send one."""
    other.sendall(number.to_bytes(SIZE, "big", signed=True))


def receive_number(other: socket.socket) -> int:
    """The next one. Raises `EOFError`, and what the socket raises where it isn't there in time."""
    if len(sent := other.recv(SIZE, socket.MSG_WAITALL)) < SIZE:
        raise EOFError("the fork server is gone")
    return int.from_bytes(sent, "big", signed=True)
