"""The addresses of signing up, of private links, and of the coordinator's pages about participants."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint

from marchapp.extensions import limiter
from marchapp.registration import party_pages, signing
from marchapp.registration.consent import pages as consent_pages
from marchapp.registration.coordination import files, merging, pages, statistics

blueprint = Blueprint("registration", __name__)

# From one address a school sends four classes of thirty in an hour, each form up to three times until all is
# right and once more from the review, and one class at the same moment.
POSTS_FROM_ONE_ADDRESS = "90 per minute; 600 per hour"

A_MARCH = "/marches/<slug>"
A_LINK = "/registrations/<token>"
A_PERSON = f"{A_LINK}/people/<int:participant_id>"
A_CONSENT = "/consents/<token>"
A_PARTICIPANT = "/participants/<int:participant_id>"
READ, FORM = ["GET"], ["GET", "POST"]

ADDRESSES: tuple[tuple[str, Callable[..., Any], list[str]], ...] = (
    (f"{A_MARCH}/sign-up", signing.choose, READ),
    (f"{A_MARCH}/sign-up/<who>", signing.sign_up, FORM),
    (A_LINK, party_pages.confirmation, READ),
    (f"{A_LINK}/contact", party_pages.change_contact, FORM),
    (f"{A_LINK}/people/new", party_pages.add_person, FORM),
    (f"{A_PERSON}/change", party_pages.change_person, FORM),
    (f"{A_PERSON}/cancel", party_pages.cancel_person, FORM),
    (A_CONSENT, consent_pages.consent, FORM),
    (f"{A_CONSENT}/new-link", consent_pages.new_link, ["POST"]),
    (f"{A_MARCH}/participants", pages.participants, READ),
    (f"{A_MARCH}/participants.csv", files.participants_csv, READ),
    (f"{A_MARCH}/participants.xlsx", files.participants_xlsx, READ),
    (f"{A_MARCH}/participants/export", files.export, FORM),
    (f"{A_MARCH}/participants/export/<int:event_id>", files.exported, READ),
    (f"{A_MARCH}/participants/statistics", statistics.statistics, READ),
    (f"{A_MARCH}/participants/duplicates", merging.duplicates, READ),
    (A_PARTICIPANT, pages.participant, READ),
)
for address, view, methods in ADDRESSES:
    if "POST" in methods:
        view = limiter.limit(POSTS_FROM_ONE_ADDRESS, methods=["POST"])(view)
    blueprint.add_url_rule(address, view_func=view, methods=methods)
