"""Every page of the program, as everybody who may open it: found by asking for each address that it has."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from http.client import HTTPConnection
from urllib.parse import urlencode, urlsplit

from flask import Flask

from marchapp.models import Category, PartyKind
from tests.doors.knocking import ABOUT, PARAMETER, SENT, address, doors_of, named
from tools.audit.visitors import SIGNED_IN, Visitor

# Pages that differ so much by what stands in their address that each is looked at.
VARIANTS: dict[str, tuple[str, ...]] = {
    "who": (*Category, PartyKind.FAMILY, PartyKind.SCHOOL_CLASS, PartyKind.UNIT, PartyKind.DELEGATION),
    "kind": (PartyKind.SCHOOL_CLASS, PartyKind.UNIT),
}
# Pages that everybody may open, and where those who are signed in see more.
MORE_FOR_SOME = {
    "/",
    "/marches/<slug>",
    "/marches/<slug>/stages/<int:number>",
    "/marches/<slug>/stages/<int:number>/tracks",
    "/tracks/<int:track_id>",
}
CLOSED_LINK = "/registrations/<token>"  # of the pages that say that a link is closed, one is enough
A_FILE = re.compile(r"\.(\w+|<ending>)$|/<path:filename>$")
NO_PAGES = {
    # Letters as they are sent: they are made for mail programs, and shown in a frame here.
    "/marches/<slug>/letters/<int:message_id>/html",
    "/marches/<slug>/mailings/<int:mailing_id>/preview/<language>",
    # Files, figures, and what scripts ask for.
    "/files/<int:file_id>/download",
    "/groups/<int:group_id>/roll-call/<code>/state",
    "/healthz",
    "/marches/<slug>/participants/export/<int:event_id>",
    "/marches/<slug>/stages/<int:number>/groups/board",
    "/marches/<slug>/stages/<int:number>/roll-calls/changes",
    "/marches/<slug>/stages/<int:number>/roster",
    "/metrics",
    "/readyz",
    "/recordings/<int:recording_id>/original",
    # What leads on to another page.
    "/account/passkeys/delete",
    "/groups/<int:group_id>/roll-call",
    "/sign-in/which-way",
    "/start",
}
NOT_FOUND, NOT_ALLOWED = "/nothing-here", "/marches/<slug>/settings"


@dataclass(frozen=True)
class Page:
    """A page as somebody sees it."""

    who: str
    cookie: str
    rule: str
    path: str

    def __str__(self) -> str:
        return f"{self.rule} ({self.who})"


def rules_of(app: Flask) -> list[str]:
    """Return the addresses of pages."""
    opened = [rule for method, rule in doors_of(app) if method == "GET"]
    return [rule for rule in opened if rule not in NO_PAGES and not A_FILE.search(rule)]


def unseen(rules: Iterable[str], found: Iterable[Page]) -> list[str]:
    """Return the addresses of which nobody saw a page: an example of what they are about is missing."""
    seen = {page.rule for page in found}
    return [rule for rule in rules if rule not in seen]


def pages(served: str, rules: Iterable[str], everybody: Iterable[Visitor]) -> list[Page]:
    """Return all pages of a served program that are worth a look, each by the first who may open it."""
    found: dict[tuple[str, str, str], Page] = {}
    for visitor in everybody:
        for rule in _worth_a_look(rules, visitor, {(page.rule, page.who) for page in found.values()}):
            for variant, path in _addresses(rule, visitor):
                key = (visitor.name, rule, variant)
                shown = {200, 410} if rule == CLOSED_LINK else {200}
                if key not in found and _answer(served, path, visitor.cookie) in shown:
                    found[key] = Page(visitor.name, visitor.cookie, rule, path)
        found |= _refusals(visitor)
    return list(found.values())


def _worth_a_look(rules: Iterable[str], visitor: Visitor, seen: set[tuple[str, str]]) -> list[str]:
    """Return the addresses whose pages may hold for a visitor what nobody before has seen."""
    if "token" in visitor.values:
        return [rule for rule in rules if "<token>" in rule]
    without_link = [rule for rule in rules if "<token>" not in rule]
    if visitor.name in SIGNED_IN:
        return [rule for rule in without_link if rule in MORE_FOR_SOME or (rule, "visitor") not in seen]
    others = {rule for rule, who in seen if who != visitor.name}
    return [rule for rule in without_link if rule not in others]


def _addresses(rule: str, visitor: Visitor) -> Iterator[tuple[str, str]]:
    """Yield the addresses of a rule with what the visitor knows, by what distinguishes them."""
    values = visitor.values | named(ABOUT.get(rule, {}), visitor.values)
    asked = PARAMETER.findall(rule)
    if not values.keys() >= {*asked}:
        return
    [varied] = [name for name in asked if name in VARIANTS] or [""]
    for variant in VARIANTS.get(varied, ("",)):
        query = SENT.get(rule, {}).get("query_string")
        path = address(rule, values | ({varied: variant} if varied else {}))
        yield variant, f"{path}?{urlencode(query)}" if query else path


def _answer(served: str, path: str, cookie: str) -> int | None:
    """Return the status of what is a page, None of anything else."""
    connection = HTTPConnection(urlsplit(served).netloc, timeout=60)
    connection.request("GET", path, headers={"Cookie": f"session={cookie}"} if cookie else {})
    answer = connection.getresponse()
    connection.close()
    return answer.status if answer.headers.get_content_type() == "text/html" else None


def _refusals(visitor: Visitor) -> dict[tuple[str, str, str], Page]:
    """Return the pages that say that there is nothing, or nothing for this visitor."""
    if visitor.name == "visitor":
        return {("visitor", "404", ""): Page("visitor", "", "404", NOT_FOUND)}
    if visitor.name == "guide":
        return {
            ("guide", "403", ""): Page("guide", visitor.cookie, "403", address(NOT_ALLOWED, visitor.values))
        }
    return {}
