"""Whoever sends slowly, or more than anybody may, keeps nobody else waiting: at a real server's sockets."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from time import monotonic, sleep
from urllib.request import urlopen

import pytest

THREADS = 2
MANY = 40  # slow clients, many more than threads
SOON_S = 0.8  # less than the slow ones have before they are dropped
HEAD = b"POST / HTTP/1.1\r\nHost: localhost\r\n"


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """One process of the server as gunicorn.conf.py has it, with two threads."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = os.environ | {"WEB_WORKERS": "1", "WEB_THREADS": str(THREADS), "BIND": f"127.0.0.1:{port}"}
    command = [str(Path(sys.executable).with_name("gunicorn")), "tests.operating.echo:app"]
    server = subprocess.Popen(command, env=environment | {"UPLOAD_LIMIT_MIB": "1"})
    for _ in range(200):
        with suppress(OSError):
            socket.create_connection(("127.0.0.1", port)).close()
            break
        sleep(0.05)
    yield port
    server.terminate()
    server.wait(20)


@contextmanager
def connected(port: int, count: int, sent: bytes) -> Iterator[list[socket.socket]]:
    with ExitStack() as stack:
        clients = [
            stack.enter_context(socket.create_connection(("127.0.0.1", port), 10)) for _ in range(count)
        ]
        for client in clients:
            client.sendall(sent)
        yield clients


def visit(port: int) -> float:
    """Return how long somebody waits who asks for a page and sends a form, in seconds."""
    began_at = monotonic()
    for data in (None, b"a" * 100_000):
        with urlopen(f"http://127.0.0.1:{port}/", data, 10) as answer:
            assert answer.read() == str(len(data or b"")).encode()
    return monotonic() - began_at


SLOW = {
    "nothing": b"",
    "half a line": b"GET / HT",
    "headers": HEAD + b"X-A: b\r\n",
    "no body": HEAD + b"Content-Length: 1000\r\n\r\n",
    "a little of a body": HEAD + b"Content-Length: 1000\r\n\r\n" + b"a" * 10,
    "more than anybody may": HEAD + b"Content-Length: 99999999\r\n\r\n" + b"a" * 10,
    "more than there is": HEAD + b"Content-Length: 999999999999999\r\n\r\n",
}


@pytest.mark.parametrize("sent", SLOW.values(), ids=SLOW.keys())
def test_slow_clients_keep_nobody_waiting(port: int, sent: bytes) -> None:
    with connected(port, MANY, sent) as clients:
        assert visit(port) < SOON_S
        for client in clients[:5]:
            with suppress(OSError):
                client.sendall(b"a")
        assert visit(port) < SOON_S


def test_whoever_does_not_send_in_time_is_dropped(port: int) -> None:
    with connected(port, 1, HEAD) as [client]:
        began_at = monotonic()
        for _ in range(50):  # a header that never ends
            with suppress(OSError):
                client.sendall(b"X")
            sleep(0.1)
            client.setblocking(False)
            with suppress(BlockingIOError):
                assert client.recv(10) == b""
                break
        assert 0.5 < monotonic() - began_at < 4


def test_a_body_in_parts_arrives_whole(port: int) -> None:
    with connected(port, 1, HEAD + b"Content-Length: 600000\r\nConnection: close\r\n\r\n") as [client]:
        for _ in range(6):
            sleep(0.05)
            client.sendall(b"a" * 100_000)
        assert answer_of(client).endswith(b"\r\n\r\n600000")


def test_a_body_of_no_announced_length_arrives(port: int) -> None:
    sent = b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n5\r\naaaaa\r\n0\r\n\r\n"
    with connected(port, 1, HEAD + sent) as [client]:
        assert answer_of(client).endswith(b"\r\n\r\n5")


def test_too_large_a_body_is_refused_by_its_announcement(port: int) -> None:
    with connected(port, 1, HEAD + b"Content-Length: 99999999\r\n\r\n") as [client]:
        assert client.recv(100).startswith(b"HTTP/1.1 413 ")


def test_a_connection_is_kept_for_the_next_request(port: int) -> None:
    whole = HEAD + b"Content-Length: 3\r\n\r\nabc"
    with connected(port, 1, b"") as [client]:
        for sent in (whole, whole, whole + whole):
            client.sendall(sent)
            for _ in range(sent.count(b"POST")):
                assert read_answer(client).endswith(b"\r\n\r\n3")


def test_who_keeps_the_connection_after_the_answer_keeps_nobody_waiting(port: int) -> None:
    with connected(port, MANY, HEAD + b"Connection: close\r\n\r\n"):
        assert visit(port) < SOON_S


def read_answer(client: socket.socket) -> bytes:
    """Return one answer, of a body of one figure."""
    read = b""
    while not read.endswith(b"\r\n\r\n3"):
        part = client.recv(1)
        assert part, read
        read += part
    return read


def answer_of(client: socket.socket) -> bytes:
    read = b""
    while part := client.recv(1000):
        read += part
    return read
