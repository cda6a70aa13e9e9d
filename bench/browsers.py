"""Browsers of measurements: they keep connections and a cookie, and read what the pages themselves hold."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from email.message import Message
from html import unescape
from http.client import HTTPConnection, RemoteDisconnected
from itertools import cycle
from urllib.parse import urlencode

HIDDEN = re.compile(r'<input[^>]*type="hidden"[^>]*>')
ATTRIBUTE = re.compile(r'(name|value)="([^"]*)"')
FORM = "application/x-www-form-urlencoded"
CUT = (RemoteDisconnected, BrokenPipeError, ConnectionResetError)  # a server lets go of an idle connection


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Message
    page: str

    @property
    def led_to(self) -> str:
        return self.headers.get("Location", "")


class Lines:
    """Connections to some web servers that are asked in turn, as a proxy before them does."""

    def __init__(self, ports: Iterable[int]) -> None:
        self.turns = cycle([HTTPConnection("127.0.0.1", port, timeout=600) for port in ports])

    def ask(self, method: str, path: str, body: str | bytes | None, headers: dict[str, str]) -> Answer:
        line = next(self.turns)
        try:
            return self._asked(line, method, path, body, headers)
        except CUT:
            line.close()
            return self._asked(line, method, path, body, headers)

    def _asked(
        self, line: HTTPConnection, method: str, path: str, body: str | bytes | None, headers: dict[str, str]
    ) -> Answer:
        line.request(method, path, body, headers)
        answer = line.getresponse()
        return Answer(answer.status, answer.headers, answer.read().decode())


class Browser:
    """Somebody's browser. Limits count addresses, so each has its own."""

    def __init__(self, lines: Lines, number: int, *, cookie: str = "") -> None:
        self.lines = lines
        self.headers = {"X-Forwarded-For": f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"}
        if cookie:
            self.headers["Cookie"] = cookie

    def ask(self, method: str, path: str, body: str | bytes | None = None, **headers: str) -> Answer:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = self.lines.ask(method, path, body, self.headers | named)
        for value in answer.headers.get_all("Set-Cookie", ()):
            if value.startswith("session="):
                self.headers["Cookie"] = value.partition(";")[0]
        return answer

    def send(self, path: str, form: dict[str, object]) -> Answer:
        return self.ask("POST", path, urlencode(form, doseq=True), Content_Type=FORM)

    def open_page(self, path: str) -> Answer:
        """Ask for a page whose script sends something later, as its token allows."""
        answer = self.ask("GET", path)
        if answer.status != 200:
            raise AssertionError(f"{path} answered {answer.status}")
        self.headers["X-CSRFToken"] = hidden_fields(answer.page)["csrf_token"][0]
        return answer


def hidden_fields(page: str) -> dict[str, list[str]]:
    """Return the hidden fields of a page, which hold what was answered so far."""
    fields: dict[str, list[str]] = {}
    for tag in HIDDEN.findall(page):
        found = dict(ATTRIBUTE.findall(tag))
        fields.setdefault(found["name"], []).append(unescape(found.get("value", "")))
    return fields
