"""The addresses of signing up, of private links, and of the coordinator's pages about participants."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint

from marchapp.extensions import limiter
from marchapp.registration import signing
from marchapp.registration.coordination import pages

blueprint = Blueprint("registration", __name__)

# From one address a school sends four classes of thirty in an hour, each form up to three times until all is
# right, and one class at the same moment.
POSTS_FROM_ONE_ADDRESS = "60 per minute; 400 per hour"

A_MARCH = "/marches/<slug>"
A_LINK = "/registrations/<token>"
A_PARTICIPANT = "/participants/<int:participant_id>"
READ, FORM = ["GET"], ["GET", "POST"]

ADDRESSES: tuple[tuple[str, Callable[..., Any], list[str]], ...] = (
    (f"{A_MARCH}/sign-up", signing.choose, READ),
    (f"{A_MARCH}/sign-up/<category>", signing.sign_up, FORM),
    (A_LINK, signing.confirmation, READ),
    (f"{A_MARCH}/participants", pages.participants, READ),
    (f"{A_MARCH}/participants.csv", pages.participants_csv, READ),
    (A_PARTICIPANT, pages.participant, READ),
)
for address, view, methods in ADDRESSES:
    if "POST" in methods:
        view = limiter.limit(POSTS_FROM_ONE_ADDRESS, methods=["POST"])(view)
    blueprint.add_url_rule(address, view_func=view, methods=methods)
