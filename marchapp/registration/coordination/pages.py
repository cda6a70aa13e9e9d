"""The list of participants and the page of each."""

from flask import render_template, request

from marchapp.access import march_for_coordinator, participant_for_coordinator
from marchapp.extensions import db
from marchapp.models import March, Party
from marchapp.registration.coordination.columns import (
    CHOICES,
    PARTY_KINDS,
    heading_of,
    headings,
    shown,
)
from marchapp.registration.coordination.listing import Selection, find_page, frequent_countries, walks_of


def participants(slug: str) -> str:
    march = march_for_coordinator(slug)
    selection = Selection.from_arguments(request.args)
    return render_template(
        "registration/participants.html",
        march=march,
        selection=selection,
        page=find_page(db.session, march, selection),
        columns=headings(march, selection.shown_columns),
        choices={name: heading_of(name) for name in CHOICES},
        countries=frequent_countries(db.session, march),
        kinds=PARTY_KINDS,
        party=_party_of(march, selection),
        shown=shown,
    )


def _party_of(march: March, selection: Selection) -> Party | None:
    """Return the party whose people are listed, if it is one of this march."""
    party = db.session.get(Party, selection.party) if selection.party else None
    return party if party and party.march_id == march.id else None


def participant(participant_id: int) -> str:
    person = participant_for_coordinator(participant_id)
    return render_template(
        "registration/participant.html",
        march=person.march,
        participant=person,
        walks=walks_of(db.session, [person.id])[person.id],
    )
