"""Starting everything with one command, as `make run` does, and ending it cleanly."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, build_opener

import pytest

from marchapp.demo.load import DEMO_PASSWORD

ROOT = Path(__file__).resolve().parent.parent
FLASK = [str(Path(sys.executable).parent / "flask"), "--app", "wsgi"]


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def environment(folder: Path, **settings: str) -> dict[str, str]:
    inherited = {
        name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "REDIS_URL"}
    }
    return inherited | {"DATA_FOLDER": str(folder)} | settings


@pytest.fixture
def served(port: int, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [*FLASK, "serve", "--port", str(port)],
        cwd=ROOT,
        env=environment(tmp_path),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    yield process
    process.kill()


class Visitor:
    """Somebody with a browser's cookies before the program that was started."""

    def __init__(self, port: int) -> None:
        self.address = f"http://127.0.0.1:{port}"
        self.opener = build_opener(HTTPCookieProcessor())

    def open(self, path: str, form: dict[str, str] | None = None) -> str:
        data = urlencode(form).encode() if form else None
        with self.opener.open(f"{self.address}{path}", data, timeout=10) as response:
            return response.read().decode()

    def open_as_soon_as_it_answers(self, path: str, *, within_s: float) -> str:
        end = time.monotonic() + within_s
        while True:
            try:
                return self.open(path)
            except OSError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.2)

    def sign_in(self, email: str, password: str) -> str:
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', self.open("/sign-in"))
        assert token is not None
        return self.open("/sign-in", {"csrf_token": token[1], "email": email, "password": password})


def test_one_command_brings_the_demo_march_and_ctrl_c_ends_it(
    served: subprocess.Popen[str], port: int
) -> None:
    visitor = Visitor(port)
    assert "Pechenga" in visitor.open_as_soon_as_it_answers("/", within_s=90)
    assert "Needs attention" in visitor.sign_in("coordinator@example.org", DEMO_PASSWORD)
    served.send_signal(signal.SIGINT)
    said, _ = served.communicate(timeout=30)
    assert served.returncode == 0
    assert f"http://127.0.0.1:{port}" in said
    assert "coordinator@example.org" in said
    assert "Traceback" not in said
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0


def run_to_its_end(folder: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*FLASK, *arguments], cwd=ROOT, env=environment(folder, **settings), capture_output=True, text=True
    )


def test_a_port_in_use_gets_one_clear_line(port: int, tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", port))
        other.listen()
        ended = run_to_its_end(tmp_path, "serve", "--port", str(port))
    assert ended.returncode == 1
    assert re.fullmatch(rf"Error: Port {port} is in use\. .*\n", ended.stderr)


@pytest.mark.parametrize(
    ("arguments", "settings", "line"),
    [
        (("serve", "--port", "many"), {}, r"Error: “many” is no port\. .*"),
        (("serve",), {"UPLOAD_LIMIT_MIB": "lots"}, r"Settings: UPLOAD_LIMIT_MIB is “lots”\. .*"),
        (("serve",), {"DATA_FOLDER": "/dev/null/data"}, r"Settings: DATA_FOLDER is .*"),
        (("serve",), {"REDIS_URL": "redis://127.0.0.1:1/0"}, r"Error: Redis does not answer .*"),
    ],
)
def test_what_cannot_be_read_gets_one_clear_line(
    tmp_path: Path, arguments: tuple[str, ...], settings: dict[str, str], line: str
) -> None:
    ended = run_to_its_end(tmp_path, *arguments, **settings)
    assert ended.returncode == 1
    assert re.fullmatch(line + "\n", ended.stderr)
