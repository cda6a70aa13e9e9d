"""Pages that are shown only to who wrote the password not long ago: these, and no others."""

from datetime import timedelta
from time import time

from tests.doors.knocking import Doors, Visitor, doors_of

FRESH = {
    ("GET", "/account/recovery-codes"),
    ("POST", "/account/recovery-codes"),
    ("GET", "/account/second-step"),
    ("POST", "/account/second-step"),
    ("GET", "/account/passkeys"),
    ("POST", "/account/passkeys"),
    ("GET", "/account/passkeys/delete"),
    ("POST", "/account/passkeys/delete"),
    ("POST", "/sign-in/again/passkey/<token>"),  # a wrong link asks for the password
    # Of who has a password, as nobody here, the form asks for it.
    ("GET", "/account/password"),
    ("POST", "/account/password"),
    # What is taken along, and what papers and documents say.
    ("GET", "/marches/<slug>/participants/export"),
    ("POST", "/marches/<slug>/participants/export"),
    ("GET", "/marches/<slug>/participants.csv"),
    ("GET", "/marches/<slug>/participants.xlsx"),
    ("GET", "/marches/<slug>/participants/export/<int:event_id>"),
    ("POST", "/participants/<int:participant_id>/documents"),
    ("POST", "/participants/<int:participant_id>/consents/scans/<int:scan_id>"),
    ("GET", "/participants/<int:participant_id>/data"),
    ("POST", "/participants/<int:participant_id>/data"),
    # The manifest, whose pages show who crosses with which document.
    ("GET", "/marches/<slug>/stages/<int:number>/border"),
    ("POST", "/marches/<slug>/stages/<int:number>/border/counts"),
    ("POST", "/marches/<slug>/stages/<int:number>/border/versions"),
    ("GET", "/marches/<slug>/stages/<int:number>/border/versions/<int:version>"),
    ("POST", "/marches/<slug>/stages/<int:number>/border/versions/<int:version>"),
    # What cannot be undone, and who did what.
    ("GET", "/participants/<int:participant_id>/erase"),
    ("POST", "/participants/<int:participant_id>/erase"),
    ("GET", "/marches/<slug>/kept"),
    ("POST", "/marches/<slug>/kept"),
    ("GET", "/marches/<slug>/log"),
}
LONG_AGO = timedelta(hours=3).total_seconds()


def test_these_pages_ask_for_the_password_again_and_no_others(doors: Doors) -> None:
    visitor = doors.visitors["coordinator"]
    stale = (visitor.cookie or {}) | {"fs_paa": time() - LONG_AGO}
    doors.visitors["stale coordinator"] = Visitor(stale, visitor.values | {"token": "nothing"})
    asked = set()
    for door in doors_of(doors.app):
        answer = doors.knock(*door, "stale coordinator")
        if answer is not None and answer.headers.get("Location", "").startswith("/sign-in/again"):
            asked.add(door)
    assert asked == FRESH
