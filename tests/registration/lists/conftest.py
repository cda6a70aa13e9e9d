"""Send lists as a browser does, and look at what comes back."""

import re
from collections.abc import Callable
from html import unescape
from io import BytesIO

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

CONTACT = {
    "school": "Fjordbotn skole",
    "school_class": "7B",
    "contact_name": "Lars Lund",
    "contact_email": "lars@example.org",
    "contact_phone": "+47 406 00 009",
    "contact_language": "nb",
}
A_CLASS = "/marches/victory/sign-up/list/school_class"
Sent = Callable[..., TestResponse]


@pytest.fixture
def send_file(client: FlaskClient) -> Sent:
    """Send a file, or pasted text, as a class: `send_file(content)`, `send_file("a\\tb")`."""

    def send(list_: bytes | str, address: str = A_CLASS, **changed: str) -> TestResponse:
        given = {"pasted": list_} if isinstance(list_, str) else {"file": (BytesIO(list_), "list.xlsx")}
        return client.post(address, data=CONTACT | {"step": "read"} | changed | given)

    return send


@pytest.fixture
def press(client: FlaskClient) -> Sent:
    """Press a button of the page that came back: `press(page, "send", **{"row-3-birth_date": "…"})`."""

    def go_on(page: TestResponse, step: str, address: str = A_CLASS, **typed: str) -> TestResponse:
        return client.post(address, data=fields_of(page) | {"step": step} | typed)

    return go_on


def fields_of(page: TestResponse) -> dict[str, str]:
    """Return what the form of a page would send as it stands."""
    form = page.text.partition('class="form is-wide list-check"')[2].partition("</form>")[0]
    fields = {}
    for tag in re.findall(r"<input[^>]*>", form):
        named = dict(re.findall(r'(\w[\w-]*)="([^"]*)"', tag))
        if named.get("type") != "radio" or " checked" in tag:
            fields[unescape(named["name"])] = unescape(named.get("value", ""))
    for name, options in re.findall(r'<select[^>]*name="([^"]*)"[^>]*>(.*?)</select>', form, re.DOTALL):
        chosen = re.search(r'<option selected value="([^"]*)"', options)
        fields[name] = chosen[1] if chosen else ""
    return fields


def words_of(page: TestResponse) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page.text)).split())
