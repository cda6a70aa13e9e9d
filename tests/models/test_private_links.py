"""Private links: only who was given one gets in, and the database alone forms none."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from werkzeug.exceptions import Gone, NotFound

from marchapp.access import guardian_link, open_link, participant_for_link, party_for_link
from marchapp.models import Guardian, LinkKind, PrivateLink
from marchapp.models.link import give_link, last_day_of_links
from tests.factories import Cast, make_participant, make_party

NOW = datetime.now(UTC)
LATER = NOW + timedelta(days=30)


def test_the_secret_of_a_link_is_nowhere_in_the_database(session: Session, cast: Cast) -> None:
    link = give_link(session, cast.walker.party, now=NOW, expires_at=LATER)
    [row] = session.execute(text("SELECT * FROM private_link"))
    assert link.secret not in [str(value) for value in row]


def test_a_link_opens_what_it_was_given_for(session: Session, cast: Cast) -> None:
    party, walker = cast.walker.party, cast.walker
    guardian = Guardian(participant=walker, position=1, name="Siri Nilsen", language="nb")
    session.add(guardian)
    session.flush()
    to_party = give_link(session, party, now=NOW, expires_at=LATER)
    to_person = give_link(session, walker, now=NOW, expires_at=LATER)
    to_guardian = give_link(session, guardian, now=NOW, expires_at=LATER)

    assert [link.kind for link in (to_party, to_person, to_guardian)] == list(LinkKind)
    assert party_for_link(to_party.secret) is party
    assert participant_for_link(to_party.secret) is participant_for_link(to_person.secret) is walker
    assert guardian_link(to_guardian.secret).guardian is guardian


def test_a_link_opens_nothing_of_others(session: Session, cast: Cast) -> None:
    party = make_party(session, cast.march)
    one = make_participant(session, cast.march, cast.stage, party=party)
    other = make_participant(session, cast.march, cast.stage, party=party)
    to_one = give_link(session, one, now=NOW, expires_at=LATER)
    to_party = give_link(session, party, now=NOW, expires_at=LATER)

    assert participant_for_link(to_party.secret, other.id) is other
    for secret, participant_id in (
        (to_one.secret, other.id),
        (to_party.secret, cast.walker.id),
        (to_party.secret, None),  # which of the two is not said
        (to_one.secret_hash, one.id),
        (to_one.nonce, one.id),
        (to_one.secret[:-1] + "g", one.id),
    ):
        with pytest.raises(NotFound):
            participant_for_link(secret, participant_id)
    for find in (party_for_link, guardian_link):
        with pytest.raises(NotFound):
            find(to_one.secret)


def test_a_link_closes_when_it_expires_or_is_revoked(session: Session, cast: Cast) -> None:
    expired = give_link(session, cast.walker, now=NOW, expires_at=NOW - timedelta(seconds=1))
    revoked = give_link(session, cast.walker, now=NOW, expires_at=LATER)
    revoked.revoked_at = NOW
    for link in (expired, revoked):
        with pytest.raises(Gone):
            open_link(link.secret)


def test_another_secret_key_forms_other_links(session: Session, cast: Cast, app: Flask) -> None:
    from marchapp.extensions import vault

    link = give_link(session, cast.walker, now=NOW, expires_at=LATER)
    before, settings = link.secret, app.config["SETTINGS"]
    try:
        vault.open(data_keys=settings.data_keys, signing_key="another key")
        assert link.secret != before
    finally:
        vault.open(data_keys=settings.data_keys, signing_key=settings.secret_key)


def test_a_link_has_one_owner(session: Session, cast: Cast) -> None:
    values = {"nonce": "x", "secret_hash": "y", "created_at": NOW, "expires_at": LATER}
    session.add(PrivateLink(kind=LinkKind.PARTY, participant_id=cast.walker.id, **values))
    with pytest.raises(IntegrityError, match="one_owner"):
        session.flush()


def test_links_stay_open_for_a_while_after_the_march(session: Session, cast: Cast) -> None:
    before_march = datetime(2014, 6, 1, tzinfo=UTC)
    assert last_day_of_links(cast.march, before_march).date().isoformat() == "2014-12-19"
    assert last_day_of_links(cast.march, NOW) > NOW + timedelta(days=89)
