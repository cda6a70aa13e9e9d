"""Nobody is led to another site: not by a parameter, not by a path, not by the link to another language."""

from collections.abc import Iterator
from html.parser import HTMLParser
from urllib.parse import quote

import pytest

from tests.doors.knocking import Doors, address, doors_of
from tests.injections.places import AWAY, PARAMETERS, leads_to


@pytest.mark.parametrize("away", AWAY[:3] + AWAY[4:10] + ["https:evil.example", "http:\\\\evil.example"])
def test_these_lead_away_in_a_browser(away: str) -> None:
    assert leads_to(away) == "evil.example"


@pytest.mark.parametrize("who", ["stranger", "coordinator", "guide", "contact", "child", "guardian"])
def test_no_parameter_of_any_address_leads_away(doors: Doors, who: str) -> None:
    led = 0
    visitor = doors.visitors[who]
    for number, (method, rule) in enumerate(doors_of(doors.app)):
        if method not in ("GET", "POST") or ("token" in visitor.values) != ("<token>" in rule):
            continue
        sent = dict.fromkeys(PARAMETERS, AWAY[number % len(AWAY)])
        data = sent if method == "POST" else None
        answer = doors.send(
            method, address(rule, visitor.values), visitor.cookie, query_string=sent, data=data
        )
        if location := answer.headers.get("Location"):
            led += 1
            assert leads_to(location) == "localhost", f"{method} {rule} leads to {location}"
    assert led > 0


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [
            value or "" for name, value in attrs if name in ("href", "action", "src", "formaction")
        ]


def links_of(page: str) -> list[str]:
    reader = _Links()
    reader.feed(page)
    return reader.found


def paths() -> Iterator[str]:
    for away in AWAY:
        yield f"/{away}"
        yield away if away.startswith("/") else f"//{away}"
        yield f"/marches/{away}"


@pytest.mark.parametrize("path", sorted(set(paths())), ids=ascii)
def test_no_path_leads_away_nor_does_a_link_to_another_language(doors: Doors, path: str) -> None:
    for sent in {path, quote(path, safe="/%"), quote(path, safe="/")}:
        environ = {"PATH_INFO": sent.encode().decode("latin-1"), "QUERY_STRING": f"next={quote(path)}"}
        answer = doors.app.test_client().get("/", environ_overrides=environ)
        assert leads_to(answer.headers.get("Location", "/")) == "localhost"
        away = {
            link for link in links_of(answer.text) if leads_to(link) not in ("localhost", "mailto", "tel")
        }
        assert away == set()
