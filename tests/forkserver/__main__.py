"""``python -m tests.forkserver SOCKET``: forks a process for each client that asks for one.

A client sends one line: module, arguments, environment, log. It is sent two numbers: the process
id, and later the exit code. Where it hangs up, its process is killed; all end with this one.
"""

import json
import os
import runpy
import selectors
import signal
import socket
import sys
from contextlib import suppress
from functools import cached_property
from typing import Any

from agentsite.local.children import follow_parent
from tests.forkserver.libraries import load
from tests.forkserver.numbers import send_number

Request = dict[str, Any]


class ForkServer:
    """Listens on a Unix socket, which is there once clients may ask."""

    def __init__(self, path: str) -> None:
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(path)
        self._listener.listen(64)
        self._ended, wake = socket.socketpair()
        for one in (self._ended, wake):
            one.setblocking(False)
        self._wake = wake
        self._clients: dict[int, socket.socket] = {}
        self._selector = selectors.DefaultSelector()
        for one in (self._listener, self._ended):
            self._selector.register(one, selectors.EVENT_READ)
        signal.set_wakeup_fd(wake.fileno())
        signal.signal(signal.SIGCHLD, lambda *_: None)

    def serve(self) -> Request:
        """Serve for ever. Returns in each forked process, with what that one is to be."""
        while True:
            for key, _ in self._selector.select():
                if key.fileobj is self._listener:
                    if request := self._accept():
                        return request
                elif key.fileobj is self._ended:
                    self._ended.recv(4096)
                    self._reap()
                elif key.data in self._clients:
                    os.kill(key.data, signal.SIGKILL)

    @cached_property
    def _loaded(self) -> bool:
        load()
        return True

    def _accept(self) -> Request | None:
        client, _ = self._listener.accept()
        with client.makefile() as lines:
            request: Request = json.loads(lines.readline())
        assert self._loaded
        follow = follow_parent(signal.SIGKILL)
        if pid := os.fork():
            self._clients[pid] = client
            self._selector.register(client, selectors.EVENT_READ, pid)
            send_number(client, pid)
            return None
        if follow:
            follow()
        client.close()
        self._forget()
        return request

    def _reap(self) -> None:
        while self._clients:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if not pid:
                return
            client = self._clients.pop(pid)
            self._selector.unregister(client)
            with client, suppress(OSError):
                send_number(client, os.waitstatus_to_exitcode(status))

    def _forget(self) -> None:
        """Close in a forked process what belongs to the server."""
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        self._selector.close()
        for one in (self._listener, self._ended, self._wake, *self._clients.values()):
            one.close()


def become(request: Request) -> None:
    """Go on as `python -m module argument …`."""
    os.setsid()
    nothing = os.open(os.devnull, os.O_RDONLY)
    log = os.open(request["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for target, source in enumerate((nothing, log, log)):
        os.dup2(source, target)
    os.close(nothing)
    os.close(log)
    os.environ.clear()
    os.environ.update(request["env"])
    sys.argv = [request["module"], *request["arguments"]]
    runpy.run_module(request["module"], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    become(ForkServer(sys.argv[1]).serve())
