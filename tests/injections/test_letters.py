"""Nothing that people write adds a header or a reader to a letter, or is taken for a part of its template."""

from email import message_from_bytes, policy
from html import unescape
from pathlib import Path

import pytest

from marchapp.extensions import db
from tests.doors.knocking import Doors
from tests.injections.letters import Letter, write_all
from tests.injections.sowing import columns_with_text, sow

HEADERS = {
    "Content-Type", "MIME-Version", "Subject", "From", "To", "Reply-To", "Date", "Message-ID",
    "Content-Language", "Auto-Submitted",
}  # fmt: skip
ENDS = ["\r\n", "\n", "\r", "\u2028"]
EVIL = "Bcc: everybody@example.org"
CODE = "{{7919*7907}}{%if 0%}{#gone#}%(name)s{0}<q>"
PRODUCT = str(7919 * 7907)


def letters_of(doors: Doors, text: str) -> list[Letter]:
    """Return every kind of letter of a march in which every text is the same."""
    longest = {
        f"{one.table.name}.{one.name}": getattr(one.type, "length", None) for one in columns_with_text()
    }
    with doors.undone(), doors.app.test_request_context():
        db.session.add_all([doors.own.march, doors.own.stage, doors.own.coordinator, doors.own.guide])
        sow(db.session, lambda column: text[: longest[column]])
        letters = write_all(db.session, doors.own)
        db.session.remove()
    return letters


@pytest.mark.parametrize("end", ENDS, ids=repr)
def test_nothing_that_is_written_becomes_a_header(doors: Doors, end: str) -> None:
    for letter in letters_of(doors, f"Kari{end}{EVIL}"):
        message = message_from_bytes(letter.content, policy=policy.default)
        assert set(message.keys()) <= HEADERS, letter.kind
        assert len(message["To"].addresses) == 1, letter.kind
        assert [address.addr_spec for address in message["From"].addresses] == ["march@example.org"]
        assert not set(letter.subject) & {"\r", "\n", "\u2028"}, letter.kind


def test_what_was_tried_is_in_letters_of_every_kind(doors: Doors) -> None:
    letters = letters_of(doors, f"Kari\r\n{EVIL}")

    assert {letter.kind for letter in letters} == {
        path.parent.name for path in Path("templates/emails").glob("*/subject.txt")
    }
    assert {letter.kind for letter in letters if EVIL not in letter.text} <= {"new_password"}
    named = {letter.kind for letter in letters if EVIL in letter.subject}
    assert named >= {"received", "changed", "consent_asked", "mailing", "invitation", "own_link"}
    assert any(f'From: "Kari {EVIL}"'.encode() in letter.content for letter in letters)


def test_nothing_that_is_written_is_run_as_a_template(doors: Doors) -> None:
    for letter in letters_of(doors, CODE):
        assert PRODUCT not in letter.subject + letter.text + letter.html, letter.kind
        assert "<q>" not in letter.html, letter.kind
        for body in (letter.text, unescape(letter.html)):
            assert CODE in body or letter.kind == "new_password", letter.kind
