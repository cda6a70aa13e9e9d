"""What a visitor notices, without a proxy, of slow headers and bodies, too large ones, wrong passwords."""

import json
import os
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.cookiejar import CookieJar
from pathlib import Path
from statistics import quantiles
from tempfile import TemporaryDirectory
from time import monotonic, sleep
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, build_opener, urlopen

from bench.faults.servers import PROJECT, Process, free_port, is_open, wait_until

SECONDS = 20
WARMING_S = 10  # both processes load all there is
SLOW_CLIENTS = 200  # of each kind
GUESSERS = 4
PAUSE_S = 0.05
PAGES = ("/", "/sign-in", "/healthz")
HEAD = b"POST /sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\n"
KINDS = {
    "headers": HEAD,
    "bodies": HEAD + b"Content-Length: 100000\r\n\r\n",
    "too_large": HEAD + b"Content-Length: 99999999999\r\n\r\n",
}
TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')


def measure() -> Iterator[dict[str, object]]:
    with TemporaryDirectory() as folder, _server(Path(folder)) as port:
        visit(port, WARMING_S)
        quiet, failed = visit(port, SECONDS)
        ends = threading.Event()
        for attack in [
            *(_slow(port, sent, ends) for sent in KINDS.values()),
            *[_guess(port, ends)] * GUESSERS,
        ]:
            threading.Thread(target=attack, daemon=True).start()
        sleep(2)
        attacked, failed_then = visit(port, SECONDS)
        ends.set()
    before, then = quantiles(quiet, n=100), quantiles(attacked, n=100)
    yield {
        "bench": "slow clients",
        "slow_clients": SLOW_CLIENTS * len(KINDS),
        "guessers": GUESSERS,
        "pages": [len(quiet), len(attacked)],
        "failed": [failed, failed_then],
        "p50_ms": [round(before[49], 1), round(then[49], 1)],
        "p99_ms": [round(before[98], 1), round(then[98], 1)],
        "p50_ratio": round(then[49] / before[49], 2),
        "p99_ratio": round(then[98] / before[98], 2),
    }


class _server:  # noqa: N801 - read as a function
    """The program as `make run` serves it, without the worker, on a database of its own."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        environment = {"DATA_FOLDER": str(folder), "DATABASE_URL": "", "REDIS_URL": ""}
        environment |= {"BIND": f"127.0.0.1:{self.port}", "BASE_URL": f"http://127.0.0.1:{self.port}"}
        self.environment, log = environment, folder / "log"
        self.process = Process("gunicorn", "wsgi:app", environment=environment, log=log)

    def __enter__(self) -> int:
        upgrade = [sys.executable, "-m", "flask", "--app", "wsgi", "db", "upgrade"]
        subprocess.run(
            upgrade, cwd=PROJECT, env=os.environ | self.environment, check=True, capture_output=True
        )
        self.process.start()
        wait_until(lambda: is_open(self.port))
        return self.port

    def __exit__(self, *_raised: object) -> None:
        self.process.kill()


def visit(port: int, seconds: float) -> tuple[list[float], int]:
    """Ask for pages one after the other; return how long each took, in ms, and how many failed."""
    took, failed, ends_at = [], 0, monotonic() + seconds
    while monotonic() < ends_at:
        for page in PAGES:
            began_at = monotonic()
            try:
                with urlopen(f"http://127.0.0.1:{port}{page}", timeout=10) as answer:
                    answer.read()
            except OSError:
                failed += 1
            took.append((monotonic() - began_at) * 1000)
            sleep(PAUSE_S)
    return took, failed


def _slow(port: int, sent: bytes, ends: threading.Event) -> Callable[[], None]:
    """Return an attack that keeps so many connections open, sends a byte over each now and then."""

    def attack() -> None:
        open_ones: list[socket.socket] = []
        while not ends.is_set():
            while len(open_ones) < SLOW_CLIENTS:
                with suppress(OSError):
                    client = socket.create_connection(("127.0.0.1", port), 2)
                    client.sendall(sent)
                    open_ones.append(client)
            for client in list(open_ones):
                try:
                    client.sendall(b"a")
                except OSError:
                    open_ones.remove(client)
            ends.wait(1)

    return attack


def _guess(port: int, ends: threading.Event) -> Callable[[], None]:
    def attack() -> None:
        browser = build_opener(HTTPCookieProcessor(CookieJar()))
        address = f"http://127.0.0.1:{port}/sign-in"
        while not ends.is_set():
            with suppress(OSError, HTTPError):
                token = TOKEN.search(browser.open(address, timeout=10).read().decode())
                typed = {"email": "guide1@example.org", "password": "a wrong password"}
                sent = urlencode(typed | {"csrf_token": token[1] if token else ""}).encode()
                browser.open(address, sent, timeout=10).read()

    return attack


if __name__ == "__main__":
    for line in measure():
        print(json.dumps(line), flush=True)
