"""Recordings that hold other stages too, or nothing but another: which, and where they can be put."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from marchapp.models import Account, Group, GroupGuide, Recording, Stage
from marchapp.models.roster import is_published_guide


@dataclass(frozen=True)
class Offer:
    """A recording that is of another stage too, and the groups there that it can be put to."""

    recording: Recording
    stage: Stage
    groups: list[Group]


def offers_of(
    session: Session, recordings: Iterable[Recording], *, reader: Account, coordinates: bool
) -> list[Offer]:
    """Return where recordings can be put that are not there yet, in order of the stages.

    A guide may send a recording to groups of their own, a coordinator to those of the guides of its group.
    """
    return sorted(
        (
            offer
            for recording in recordings
            if recording.other_stages
            for offer in _offers(session, recording, reader=reader, coordinates=coordinates)
        ),
        key=lambda offer: offer.stage.number,
    )


def _offers(session: Session, recording: Recording, *, reader: Account, coordinates: bool) -> Iterator[Offer]:
    guides = {reader.id, *(guide.id for guide in recording.group.guides)}
    of_them = exists().where(GroupGuide.group_id == Group.id, GroupGuide.account_id.in_(guides))
    theirs = of_them if coordinates else is_published_guide(reader.id, Group.id)
    for stage in session.scalars(select(Stage).where(Stage.id.in_(recording.other_stages))):
        of_guides = session.scalars(
            select(Group).where(Group.stage_id == stage.id, theirs).order_by(Group.number)
        ).all()
        has_it = set(
            session.scalars(
                select(Recording.group_id)
                .join(Recording.group)
                .where(Group.stage_id == stage.id, Recording.sha256 == recording.sha256)
            )
        )
        if of_guides and not has_it & {group.id for group in of_guides}:
            yield Offer(recording, stage, list(of_guides))
