"""Who looks at the pages: their cookies, and the objects whose pages they open."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from flask import Flask
from sqlalchemy import select

from marchapp.extensions import db
from marchapp.models import (
    Account,
    Appointment,
    Group,
    March,
    Participant,
    Party,
    PartyKind,
    Role,
    Stage,
    Standing,
    Track,
)
from marchapp.models.link import lasting_link
from tests.accounts.codes import set_up
from tests.doors.world import Place, make_place
from tests.factories import make_account
from tests.signing_in import cookie_of

Values = dict[str, Any]
# Whose links of the other march are opened: what the demo has no example of.
OF_LINKS = ("contact of a class", "child", "guardian", "used guardian", "expired", "new password")


SIGNED_IN = ("guide", "coordinator")


@dataclass(frozen=True)
class Visitor:
    """Somebody with a session or a private link; `values` stand in the addresses that they open."""

    name: str
    cookie: str
    values: Values


def visitors(app: Flask) -> list[Visitor]:
    """Return everybody, those of the demo march first: the other march has what the demo has none of."""
    return [Visitor(name, _signed(app, cookie), values) for name, cookie, values in _everybody()]


def _everybody() -> Iterator[tuple[str, Values, Values]]:
    march = db.session.scalars(select(March).where(March.is_demo)).one()
    demo, place = _demo_values(march), make_place(db.session, "victory", first_stage=1)
    yield "visitor", {}, demo
    yield "family", {}, _with_link(demo, _family(march))
    for whose in OF_LINKS:
        yield whose, {}, place.values | {"token": place.links[whose]}
    yield "guide", cookie_of(db.session, _first(march, Role.GUIDE)), demo
    yield "guide", cookie_of(db.session, place.guide), place.values
    yield "coordinator", cookie_of(db.session, _first(march, Role.COORDINATOR)), demo
    yield "coordinator", cookie_of(db.session, place.coordinator), place.values
    yield "medic", cookie_of(db.session, place.medic), place.values
    yield "observer", cookie_of(db.session, place.observer), place.values
    yield "half signed in", _before_second_step(place), demo


def _first(march: March, role: Role) -> Account:
    """Return the first who was given a role in the march."""
    held = select(Account).join(Appointment).where(Appointment.march_id == march.id, Appointment.role == role)
    return db.session.scalars(held.order_by(Account.id).limit(1)).one()


def _demo_values(march: March) -> Values:
    """Return one of each kind of object that the demo holds, of the stage that crosses the border."""
    stage = db.session.scalars(select(Stage).where(Stage.march_id == march.id, Stage.crosses_border)).first()
    guide = _first(march, Role.GUIDE)
    group = select(Group.id).where(Group.stage_id == stage.id, Group.guides.contains(guide))
    person = db.session.scalars(select(Participant).where(Participant.march_id == march.id)).first()
    tracks = select(Track.id).join(Group).where(Group.stage_id == stage.id)
    return {
        "slug": march.slug,
        "number": stage.number,
        "account_id": guide.id,
        "group_id": db.session.scalars(group).one(),
        "code": "start",
        "participant_id": person.id,
        "person_id": person.id,
        "track_id": db.session.scalars(tracks).first(),
        "who": "walker",
        "kind": "school_class",
        "purpose": "photographs",
    }


def _family(march: March) -> Party:
    """Return a family with somebody who has a place."""
    families = (
        select(Party).join(Participant).where(Party.march_id == march.id, Party.kind == PartyKind.FAMILY)
    )
    return db.session.scalars(families.where(Participant.standing == Standing.PLACED).limit(1)).one()


def _with_link(values: Values, party: Party) -> Values:
    person = party.participants[0]
    secret = lasting_link(db.session, party, now=datetime.now(UTC)).secret
    return values | {"token": secret, "participant_id": person.id}


def _before_second_step(place: Place) -> Values:
    """Return the cookie of who has written the password, and is asked for a code now."""
    account = make_account(db.session, "Halvard Half", place.march, Role.COORDINATOR)
    set_up(account)
    db.session.flush()
    return {"tf_user_id": account.fs_uniquifier, "tf_state": "ready", "tf_primary_method": "authenticator"}


def _signed(app: Flask, cookie: Values) -> str:
    return app.session_interface.get_signing_serializer(app).dumps(cookie) if cookie else ""  # type: ignore
