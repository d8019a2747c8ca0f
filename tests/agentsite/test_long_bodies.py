"""A body longer than the site takes is refused while it is sent, by each server."""

import os
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.test import Client
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from tests.simulator.process import Process
from tests.stack import Stack

MEGABYTE = b"x" * 1_000_000
SENT_MB = 200
# What the server's buffers and a refused megabyte or two may take.
MOST_MB = 100


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """One server for all: a body is refused before anything is looked up in a database."""
    stack = Stack(tmp_path_factory.mktemp("web"), dict(os.environ))
    stack.start_web()
    stack.wait_for_http(f"{stack.web_url}/healthz")
    yield stack
    stack.close()


def open_request(url: str, path: str, *headers: str) -> socket.socket:
    """A connection on which the head of a POST was sent."""
    address = urlsplit(url)
    client = socket.create_connection((address.hostname, address.port), timeout=60)
    lines = (f"POST {path} HTTP/1.1", f"Host: {address.netloc}", *headers, "", "")
    client.sendall("\r\n".join(lines).encode())
    return client


def sent_until_refused(client: socket.socket, frame: Callable[[bytes], bytes]) -> tuple[int, bytes]:
    """Megabytes that were sent before an answer came, and the answer."""
    client.setblocking(False)
    for sent in range(SENT_MB):
        part = memoryview(frame(MEGABYTE))
        while part:
            try:
                return sent, client.recv(65_536)
            except BlockingIOError:
                pass
            try:
                part = part[client.send(part) :]
            except BlockingIOError:
                time.sleep(0.001)
    raise AssertionError("all of it was taken")


def plain(data: bytes) -> bytes:
    return data


def chunk(data: bytes) -> bytes:
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"


def memory_mb(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) // 1000


@pytest.mark.parametrize("path", ["/api/v1/runs/", "/accounts/login/"])
def test_a_length_beyond_the_limit_is_refused_before_the_body(web: Stack, path: str):
    with open_request(web.web_url, path, "Content-Length: 300000000") as client:
        answer = client.recv(65_536)
        assert answer.startswith(b"HTTP/1.1 413 ")
        assert (b"application/problem+json" in answer) == path.startswith("/api/")


def test_nobody_is_invited_to_send_a_body_that_is_too_long(web: Stack):
    headers = ("Content-Length: 300000000", "Expect: 100-continue")
    with open_request(web.web_url, "/", *headers) as client:
        received = b""
        while data := client.recv(65_536):
            received += data
    assert received.startswith(b"HTTP/1.1 413 ")
    assert b"100" not in received


@pytest.mark.parametrize(
    ("header", "frame"),
    [("Content-Length: 300000000", plain), ("Transfer-Encoding: chunked", chunk)],
)
def test_the_site_keeps_no_long_body(web: Stack, header: str, frame: Callable[[bytes], bytes]):
    assert web.web is not None
    before = memory_mb(web.web.pid)
    for _ in range(3):
        with open_request(web.web_url, "/api/v1/runs/", header) as client:
            sent, answer = sent_until_refused(client, frame)
        assert answer.startswith(b"HTTP/1.1 413 ")
        assert sent < 20
    assert memory_mb(web.web.pid) - before < MOST_MB


def test_the_connection_of_a_refused_body_is_closed(web: Stack):
    with open_request(web.web_url, "/", "Content-Length: 300000000") as client:
        while client.recv(65_536):
            pass


def test_a_body_within_the_limit_is_read(web: Stack):
    body = b"x" * 1_900_000
    with open_request(web.web_url, "/api/v1/runs/", f"Content-Length: {len(body)}") as client:
        client.sendall(body)
        assert client.recv(65_536).startswith(b"HTTP/1.1 401 ")


def test_a_head_that_does_not_end_is_refused(web: Stack):
    address = urlsplit(web.web_url)
    with socket.create_connection((address.hostname, address.port), timeout=60) as client:
        client.sendall(b"GET / HTTP/1.1\r\n")
        sent, answer = sent_until_refused(client, plain)
    assert answer.startswith(b"HTTP/1.1 431 ")
    assert sent < 20


def test_a_handshake_with_a_body_is_refused(web: Stack):
    headers = ("Connection: Upgrade", "Upgrade: websocket", "Content-Length: 5")
    with open_request(web.web_url, "/ws/runs/x/", *headers) as client:
        assert client.recv(65_536).startswith(b"HTTP/1.1 400 ")


def test_a_socket_takes_no_long_message(web: Stack):
    address = web.web_url.replace("http://", "ws://")
    with connect(f"{address}/ws/runs/0198c0de-0000-7000-8000-000000000001/") as client:
        client.send("x" * 1_000_000)
        with pytest.raises(ConnectionClosed) as closed:
            client.recv(timeout=60)
    # The connection is dropped before the message is whole; the site would have answered 4400.
    assert closed.value.rcvd is None


@pytest.mark.parametrize("path", ["/api/v1/runs/", "/accounts/login/"])
def test_any_other_server_is_told_by_the_length(path: str):
    response = Client().post(path, b"x" * 2_000_001, content_type="text/plain")

    assert response.status_code == 413


@pytest.mark.parametrize(
    ("header", "frame"),
    [("Content-Length: 300000000", plain), ("Transfer-Encoding: chunked", chunk)],
)
def test_the_simulator_keeps_no_long_body(
    simulator: Process, header: str, frame: Callable[[bytes], bytes]
):
    before = memory_mb(simulator.popen.pid)
    for _ in range(3):
        with open_request(simulator.url, "/v1/chat/completions", header) as client:
            sent, answer = sent_until_refused(client, frame)
        assert answer.startswith(b"HTTP/1.1 413 ")
        assert sent < 30
    assert memory_mb(simulator.popen.pid) - before < MOST_MB


HANDSHAKE = ("Connection: Upgrade", "Sec-WebSocket-Key: x", "Sec-WebSocket-Version: 13")


@pytest.mark.parametrize(
    ("path", "header"),
    [("/healthz", "Upgrade: h2c\r\nUpgrade: websocket"), ("/healthz", "Upgrade: websocket")],
)
def test_no_request_follows_a_handshake_that_is_refused(web: Stack, path: str, header: str):
    with open_request(web.web_url, path, *HANDSHAKE, header) as client:
        received = b""
        while data := client.recv(65_536):
            received += data
    assert b" 200 " not in received
    assert received.startswith(b"HTTP/1.1 4")


def test_a_refusal_is_not_taken_for_the_answer_to_an_earlier_request(web: Stack):
    with open_request(web.web_url, "/api/v1/runs/", "Content-Length: 1") as client:
        client.sendall(b"xPOST / HTTP/1.1\r\nHost: x\r\nContent-Length: 300000000\r\n\r\n")
        assert b" 413 " not in client.recv(65_536).partition(b"\r\n")[0]
