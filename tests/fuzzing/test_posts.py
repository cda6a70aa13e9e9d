"""Whatever anybody sends to any address, the answer is never a failure of ours."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from io import BytesIO
from random import Random
from typing import Any

import pytest
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from tests.doors.knocking import Doors, address, doors_of
from tests.fuzzing.damage import damaged, nasty
from tests.fuzzing.forms_of_pages import forms_of
from tests.fuzzing.harness import Harness, fuzz
from tests.fuzzing.test_marks import some_marks
from tests.fuzzing.test_recordings import SAMPLES
from tests.fuzzing.test_spreadsheets import a_csv, other_rows

QUERIES = (
    "q", "page", "show", "category", "lang", "by", "consent", "file", "columns", "sort", "order", "full",
    "since",    "moved", "as", "lack", "group", "code", "state", "next", "who", "action", "from",
    "to", "standing",
    "stage",)  # fmt: skip
SCANS = (b"%PDF-1.4", b"\x89PNG\r\n\x1a\n")


@dataclass(frozen=True)
class Request:
    """What is sent: `kind` says whether as a form, with a file, as JSON, or in the address."""

    who: str
    method: str
    path: str
    kind: str
    sent: Any = None
    file: tuple[str, bytes] | None = None


@dataclass
class Addresses:
    """Every address with the fields of the forms that are sent there, as some page shows them."""

    doors: Doors
    fields: dict[str, list[list[tuple[str, str]]]] = field(default_factory=lambda: defaultdict(list))

    def look_around(self) -> None:
        """Open every page as everybody, and note each form by the rule that it is sent to."""
        seen: set[tuple[str, str]] = set()
        for who in self.doors.visitors:
            for method, rule in doors_of(self.doors.app):
                has_link = "token" in self.doors.visitors[who].values
                if method != "GET" or who == "foreign object" or has_link != ("<token>" in rule):
                    continue
                answer = self.doors.knock("GET", rule, who)
                if answer is None or answer.status_code >= 400 or answer.mimetype != "text/html":
                    continue
                for form in forms_of(answer.text):
                    target = self._rule_of(form.action.partition("?")[0]) if form.action else rule
                    shape = (target, repr([name for name, _value in form.fields]))
                    if shape not in seen:
                        seen.add(shape)
                        self.fields[target].append(form.fields)

    def _rule_of(self, path: str) -> str:
        try:
            rule, _values = self.doors.app.url_map.bind("localhost").match(
                path, method="POST", return_rule=True
            )
        except (HTTPException, RequestRedirect):
            return ""
        return rule.rule


def requests_to(method: str, addresses: Addresses) -> Callable[[Random], Request]:
    """Return a maker of requests by any visitor to any address."""
    doors = addresses.doors
    rules = [rule for way, rule in doors_of(doors.app) if way == method]
    names = sorted({name for forms in addresses.fields.values() for form in forms for name, _value in form})

    def make(random: Random) -> Request:
        rule = random.choice(rules)
        who = random.choice(sorted(doors.visitors))
        if random.random() < 0.5:  # else most are turned away at the door
            holder = [name for name in ("contact", "child", "guardian", "new password") if "<token>" in rule]
            who = random.choice(holder or ["coordinator", "guide", "stranger", "medic"])
        path = _path(random, rule, doors.visitors[who].values)
        if method == "GET":
            query = {name: nasty(random) for name in random.sample(QUERIES, random.randint(1, 4))}
            return Request(who, method, path, "address", tuple(query.items()))
        if rule.endswith("/marks") or random.random() < 0.02:
            return Request(who, method, path, "json", some_marks(random))
        fields = changed(random, random.choice(addresses.fields[rule] or [[]]), names)
        file = a_file(random, rule) if random.random() < (0.7 if takes_files(rule) else 0.03) else None
        return Request(who, method, path, "form", fields, file)

    return make


def takes_files(rule: str) -> bool:
    return rule.endswith(("/recording", "/route", "/paper", "/list", "/list/<kind>", "/notary"))


def _path(random: Random, rule: str, values: dict[str, Any]) -> str:
    given = {"token": "nothing", "file_id": 1} | values
    if random.random() < 0.1:
        name = random.choice(sorted(given))
        given = given | {name: random.choice((0, 2**31 - 1, 2**31, 2**70, "-1", nasty(random)[:300]))}
    return address(rule, given).replace("\0", "%00").replace("?", "%3F").replace("#", "%23")


def changed(random: Random, fields: list[tuple[str, str]], names: list[str]) -> tuple[tuple[str, str], ...]:
    """Return the fields of a form, some with other values, some left out, some twice, some of other forms."""
    kept = [pair for pair in fields if random.random() > 0.05]
    sent = [(name, nasty(random)) if random.random() < 0.25 else (name, value) for name, value in kept]
    if random.random() < 0.2 or not sent:
        sent += [(random.choice(names), nasty(random)) for _ in range(random.randint(1, 4))]
    if random.random() < 0.1:
        sent.append(("rows", other_rows(random)))
    if random.random() < 0.1:
        random.shuffle(sent)
    return tuple(sent)


def a_file(random: Random, rule: str) -> tuple[str, bytes]:
    content = random.choice((*SAMPLES["gpx"], *SAMPLES["fit"], a_csv(random), *SCANS))
    name = random.choice(("file", "recording", "scan", "route", "files"))
    return name, damaged(random, content) if random.random() < 0.5 else content


def take(doors: Doors) -> Callable[[Request], str]:
    def answer(sent: Request) -> str:
        options: dict[str, Any] = {}
        if sent.kind == "json":
            options["json"] = sent.sent
        elif sent.kind == "address":
            options["query_string"] = dict(sent.sent)
        else:
            data: dict[str, Any] = defaultdict(list)
            for name, value in sent.sent:
                data[name].append(value)
            if sent.file:
                data[sent.file[0]] = [(BytesIO(sent.file[1]), "file.gpx")]
            options["data"] = data
        status = doors.send(sent.method, sent.path, doors.visitors[sent.who].cookie, **options).status_code
        assert status < 500, status
        return str(status)

    return answer


@pytest.fixture(scope="module")
def addresses(doors: Doors) -> Addresses:
    addresses = Addresses(doors)
    addresses.look_around()
    return addresses


def test_nothing_that_is_posted_makes_an_address_fail(doors: Doors, addresses: Addresses) -> None:
    report = fuzz(Harness("posts", requests_to("POST", addresses), take(doors)), examples=150)

    assert {"200", "302", "404"} <= set(report.words)


def test_nothing_in_an_address_makes_it_fail(doors: Doors, addresses: Addresses) -> None:
    report = fuzz(Harness("gets", requests_to("GET", addresses), take(doors)), examples=100)

    assert {"200", "404"} <= set(report.words)


@pytest.mark.parametrize("who", ["stranger", "coordinator"])
@pytest.mark.parametrize("sent", [0, "7", [[1, 2, 3]], [{"key": "x"}]])
def test_json_is_refused_where_a_form_is_read(doors: Doors, who: str, sent: Any) -> None:
    for method, rule in doors_of(doors.app):
        if method == "POST" and not rule.endswith("/marks"):
            path = address(rule, {"token": doors.own.links["contact"]} | doors.own.values)
            assert doors.send("POST", path, doors.visitors[who].cookie, json=sent).status_code == 400, rule


def test_a_phone_whose_session_ended_is_asked_to_sign_in_when_it_sends_marks(doors: Doors) -> None:
    path = address("/groups/<int:group_id>/roll-call/<code>/marks", doors.own.values)

    answer = doors.send("POST", path, None, json={"marks": []}, headers={"Accept": "application/json"})

    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/sign-in")


@pytest.mark.parametrize("day", ["ends_on", "signup_closes_at"])
def test_a_day_that_cannot_be_read_is_said_beside_its_field(doors: Doors, day: str) -> None:
    sent = {"starts_on": "2026-11-26", "signup_opens_at": "2026-01-01T00:00", day: "present"}
    answer = doors.send("POST", "/marches/victory/settings", doors.visitors["coordinator"].cookie, data=sent)

    assert answer.status_code == 200


def test_a_number_longer_than_any_is_said_beside_its_field(doors: Doors) -> None:
    path = address("/groups/<int:group_id>/edit", doors.own.values)
    for name in ("number", "min_size", "max_size"):
        sent = {name: "9" * 400}
        assert doors.send("POST", path, doors.visitors["coordinator"].cookie, data=sent).status_code == 200


def test_who_has_no_password_cannot_confirm_with_one(doors: Doors) -> None:
    sent = {"password": "anything at all"}
    assert doors.send("POST", "/sign-in/again", doors.visitors["guide"].cookie, data=sent).status_code == 200
