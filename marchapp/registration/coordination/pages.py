"""The list of participants and the page of each."""

from dataclasses import dataclass
from datetime import UTC, datetime

from flask import render_template, request
from sqlalchemy import func, select

from marchapp.access import march_for_coordinator, participant_for_coordinator
from marchapp.extensions import db, from_replica
from marchapp.models import March, Participant, Party
from marchapp.registration.coordination.columns import (
    CHOICES,
    PARTY_KINDS,
    heading_of,
    headings,
    shown,
)
from marchapp.registration.coordination.duplicates import likely_same
from marchapp.registration.coordination.links import open_links
from marchapp.registration.coordination.listing import (
    BY_NAME,
    Selection,
    find_page,
    frequent_countries,
    walks_of,
)
from marchapp.registration.own.standing import standing_of
from marchapp.registration.own.words import status, what_is_missing

MOST_MEMBERS = 30


@dataclass(frozen=True)
class Members:
    """Others of a party, and how many more there are."""

    people: list[Participant]
    more: int


def participants(slug: str) -> str:
    march = march_for_coordinator(slug)
    selection = Selection.from_arguments(request.args)
    with from_replica():
        page = find_page(db.session, march, selection)
    return render_template(
        "registration/participants.html",
        march=march,
        selection=selection,
        page=page,
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
    person = participant_for_coordinator(participant_id, even_erased=True)
    now = datetime.now(UTC)
    own = standing_of(db.session, person)
    return render_template(
        "registration/participant.html",
        march=person.march,
        participant=person,
        status=status(own),
        missing=[what_is_missing(one) for one in own.missing],
        walks=walks_of(db.session, [person.id])[person.id],
        members=_members(person),
        links=open_links(db.session, person, now=now),
        alike=likely_same(db.session, person),
    )


def _members(person: Participant) -> Members:
    """Return the others of somebody's party: some of them, and how many more there are."""
    others = (Participant.party_id == person.party_id, Participant.id != person.id)
    query = select(Participant).where(*others).order_by(*BY_NAME).limit(MOST_MEMBERS)
    people = list(db.session.scalars(query))
    total = db.session.scalar(select(func.count()).select_from(Participant).where(*others)) or 0
    return Members(people, total - len(people))
