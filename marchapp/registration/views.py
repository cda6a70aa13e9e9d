"""The addresses of signing up, of private links, and of the coordinator's pages about participants."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint

from marchapp.registration import line as _line  # noqa: F401 - declares its task
from marchapp.registration import party_pages, signing
from marchapp.registration.consent import coordination as consents
from marchapp.registration.consent import pages as consent_pages
from marchapp.registration.consent import wording_pages
from marchapp.registration.consent import worker as _worker  # noqa: F401 - declares its task
from marchapp.registration.coordination import (
    acts,
    changing,
    erasing_pages,
    files,
    history,
    merging_pages,
    moving_pages,
    pages,
    statistics,
)
from marchapp.registration.lists import pages as lists
from marchapp.registration.mailings import pages as mailing_pages
from marchapp.registration.own import pages as own_pages
from marchapp.registration.own.words import what_is_missing

blueprint = Blueprint("registration", __name__)
blueprint.add_app_template_filter(what_is_missing, "still_missing")

A_MARCH = "/marches/<slug>"
A_LINK = "/registrations/<token>"
A_PERSON = f"{A_LINK}/people/<int:participant_id>"
A_CONSENT = "/consents/<token>"
A_MAILING = f"{A_MARCH}/mailings/<int:mailing_id>"
A_PARTICIPANT = "/participants/<int:participant_id>"
CONSENTS = f"{A_PARTICIPANT}/consents"
READ, FORM, POST = ["GET"], ["GET", "POST"], ["POST"]

ADDRESSES: tuple[tuple[str, Callable[..., Any], list[str]], ...] = (
    (f"{A_MARCH}/sign-up", signing.choose, READ),
    (f"{A_MARCH}/sign-up/<who>", signing.sign_up, FORM),
    (f"{A_MARCH}/sign-up/list/<kind>", lists.sign_up_list, FORM),
    (f"{A_MARCH}/sign-up/list/<kind>/template.<ending>", lists.list_template, READ),
    (f"{A_LINK}/list", lists.party_list, FORM),
    (A_LINK, party_pages.confirmation, READ),
    (f"{A_LINK}/contact", party_pages.change_contact, FORM),
    (f"{A_LINK}/people/new", party_pages.add_person, FORM),
    (f"{A_PERSON}/change", party_pages.change_person, FORM),
    (f"{A_PERSON}/cancel", party_pages.cancel_person, FORM),
    (A_PERSON, own_pages.person, READ),
    (f"{A_PERSON}/badge", own_pages.show_badge, READ),
    (f"{A_PERSON}/badge.pdf", own_pages.badge_pdf, READ),
    (f"{A_PERSON}/data.zip", own_pages.download_data, READ),
    (f"{A_PERSON}/erasure", own_pages.erasure, FORM),
    ("/lost-link", own_pages.lost_link, FORM),
    (A_CONSENT, consent_pages.consent, FORM),
    (f"{A_CONSENT}/new-link", consent_pages.new_link, POST),
    (f"{A_MARCH}/consents", consents.march_consents, READ),
    (f"{A_MARCH}/consents/texts", wording_pages.consent_texts, READ),
    (f"{A_MARCH}/consents/texts/<purpose>", wording_pages.consent_text, FORM),
    (CONSENTS, consents.participant_consents, READ),
    (f"{CONSENTS}/paper", consents.record_paper, FORM),
    (f"{CONSENTS}/print", consents.print_paper, READ),
    (f"{CONSENTS}/scans/<int:scan_id>", consents.open_scan, POST),
    (f"{CONSENTS}/link", consents.send_consent_link, POST),
    (f"{CONSENTS}/withdraw", consents.withdraw_consent, FORM),
    (f"{CONSENTS}/notary", consents.notarised_seen, POST),
    (f"{A_MARCH}/participants", pages.participants, READ),
    (f"{A_MARCH}/participants.csv", files.participants_csv, READ),
    (f"{A_MARCH}/participants.xlsx", files.participants_xlsx, READ),
    (f"{A_MARCH}/participants/export", files.export, FORM),
    (f"{A_MARCH}/participants/export/<int:event_id>", files.exported, READ),
    (f"{A_MARCH}/participants/statistics", statistics.statistics, READ),
    (f"{A_MARCH}/participants/duplicates", merging_pages.duplicates, READ),
    (A_PARTICIPANT, pages.participant, READ),
    (f"{A_PARTICIPANT}/change", changing.change_participant, FORM),
    (f"{A_PARTICIPANT}/cancel", acts.cancel_participant, FORM),
    (f"{A_PARTICIPANT}/restore", acts.restore_participant, FORM),
    (f"{A_PARTICIPANT}/erase", erasing_pages.erase_participant, FORM),
    (f"{A_PARTICIPANT}/move", moving_pages.move, FORM),
    (f"{A_PARTICIPANT}/merge/<int:other_id>", merging_pages.merge, FORM),
    (f"{A_PARTICIPANT}/documents", acts.open_documents, POST),
    (f"{A_PARTICIPANT}/link", acts.send_participant_link, POST),
    (f"{A_PARTICIPANT}/close-links", acts.revoke_links, FORM),
    (f"{A_PARTICIPANT}/data", acts.take_data, FORM),
    (f"{A_PARTICIPANT}/history", history.participant_history, READ),
    (f"{A_MARCH}/letters/new", mailing_pages.new_mailing, FORM),
    (A_MAILING, mailing_pages.mailing, FORM),
    (f"{A_MAILING}/change", mailing_pages.change_mailing, FORM),
    (f"{A_MAILING}/discard", mailing_pages.discard_mailing, ["POST"]),
    (f"{A_MAILING}/preview/<language>", mailing_pages.mailing_preview, READ),
)
for address, view, methods in ADDRESSES:
    blueprint.add_url_rule(address, view_func=view, methods=methods)
