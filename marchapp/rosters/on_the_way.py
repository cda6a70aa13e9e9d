"""Move somebody who walks with another group than planned: at once, in the draft and for the guides."""

from datetime import datetime

from sqlalchemy.orm import Session

from marchapp.models import Account, Change, Group, Membership, Participant, PublishedPlace
from marchapp.models.roster import last_version
from marchapp.rosters.moves import AlreadyThere, MovedMeanwhile, NoSuchGroup, move_people


def move_on_the_way(
    session: Session,
    *,
    group: Group,
    person: Participant,
    seen_in: int | None,
    by: Account,
    now: datetime,
) -> None:
    """Move somebody into a group whose guide sees them here; nobody need be told by letter any more.

    `seen_in` is the published group in which the guide was shown them. Raises a MoveRefused.
    """
    key = (person.id, group.stage_id)
    place, membership = session.get(PublishedPlace, key), session.get(Membership, key)
    published_in = place.group if place else None
    if (published_in.id if published_in else None) != seen_in:
        raise MovedMeanwhile([(person.name, published_in.number if published_in else None)])
    planned_in = membership.group_id if membership else None
    if planned_in != group.id:
        move_people(
            session, stage=group.stage, to_group_id=group.id, people={person.id: planned_in}, by=by, now=now
        )
    elif published_in and published_in.id == group.id:
        raise AlreadyThere
    _publish_at_once(session, group, person, place)


def _publish_at_once(
    session: Session, group: Group, person: Participant, place: PublishedPlace | None
) -> None:
    version = last_version(session, group.stage_id)
    if version is None:
        raise NoSuchGroup
    if place is None:
        place = PublishedPlace(participant_id=person.id, stage_id=group.stage_id, version_id=version.id)
        session.add(place)
    place.group_id, place.change = group.id, Change.MOVED
    session.flush()
    session.expire(place, ["group"])
