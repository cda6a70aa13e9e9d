"""People who sign up, and send again what was not acknowledged, as somebody in front of a screen does."""

import random
import re
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from itertools import count
from urllib.parse import urlencode

from bench.browsers import hidden_fields
from bench.meanwhile import Meanwhile
from bench.signups import SLUG, answers_of

PATIENCE_S = 180.0
PAUSE_S = 0.5
ACKNOWLEDGED = re.compile(r"/registrations/")
LANGUAGES = ("nb", "ru", "en")


@dataclass
class Seen:
    """What the clients saw: whom the program acknowledged, and how it answered while something was broken."""

    acknowledged: list[int] = field(default_factory=list)
    given_up: list[int] = field(default_factory=list)
    waits_s: list[float] = field(default_factory=list)
    answers: Counter[str] = field(default_factory=Counter)


class Crowd(Meanwhile):
    """Some clients that sign one person up after the other until they are told to stop.

    Each request goes to any of the ports, as a proxy before several web servers sends it.
    """

    def __init__(self, port: int, stage_ids: list[str], *, clients: int) -> None:
        super().__init__([self._work] * clients)
        self.ports, self.stage_ids, self.seen = [port], stage_ids, Seen()
        self._numbers: Iterator[int] = count()

    def _work(self) -> None:
        while not self.ends.is_set():
            number = next(self._numbers)
            began = time.monotonic()
            if Person(self, number).signs_up():
                self.seen.acknowledged.append(number)
            else:
                self.seen.given_up.append(number)
            self.seen.waits_s.append(time.monotonic() - began)


class Person:
    """Somebody with a browser in Norwegian, Russian or English."""

    def __init__(self, crowd: Crowd, number: int) -> None:
        self.crowd = crowd
        category, self.answers = answers_of(number, crowd.stage_ids)
        self.address = f"/marches/{SLUG}/sign-up/{category}"
        self.language = LANGUAGES[number % len(LANGUAGES)]
        self.headers = {
            "X-Forwarded-For": f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}",
            "Accept-Language": self.language,
        }

    def signs_up(self) -> bool:
        """Ask for the form, send it, and send what the review shows; each again until it is answered."""
        page, _led_to = self._insist("GET", {})
        if page is None:
            return False
        page, _led_to = self._insist("POST", {**hidden_fields(page), **self.answers, "step": "review"})
        if page is None:
            return False
        _page, led_to = self._insist("POST", {**hidden_fields(page), "step": "send"})
        return bool(ACKNOWLEDGED.search(led_to))

    def _insist(self, method: str, form: dict[str, object]) -> tuple[str | None, str]:
        gives_up_at = time.monotonic() + PATIENCE_S
        while time.monotonic() < gives_up_at:
            try:
                status, page, led_to = self._ask(method, form)
            except (OSError, HTTPException):
                self.crowd.seen.answers["no answer"] += 1
            else:
                if status < 400:
                    return page, led_to
            time.sleep(PAUSE_S)
        return None, ""

    def _ask(self, method: str, form: dict[str, object]) -> tuple[int, str, str]:
        line = HTTPConnection("127.0.0.1", random.choice(self.crowd.ports), timeout=60)
        headers = self.headers | ({"Content-Type": "application/x-www-form-urlencoded"} if form else {})
        line.request(method, self.address, urlencode(form, doseq=True), headers)
        answer = line.getresponse()
        page = answer.read().decode()
        line.close()
        if cookie := answer.headers.get("Set-Cookie"):
            self.headers["Cookie"] = cookie.partition(";")[0]
        if answer.status >= 400:
            in_language = f'<html lang="{self.language}"' in page
            is_polite = answer.status == 503 and "Retry-After" in answer.headers and in_language
            self.crowd.seen.answers[f"{answer.status} {'polite' if is_polite else 'not polite'}"] += 1
        return answer.status, page, answer.headers.get("Location", "")
