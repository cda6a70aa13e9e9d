"""The demo march in the database."""

from collections import Counter
from collections.abc import Iterator

import pytest
from flask import Flask
from flask_security import verify_password
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from marchapp.demo.load import DEMO_PASSWORD, load
from marchapp.extensions import db
from marchapp.i18n import LANGUAGES
from marchapp.models import (
    Account,
    Barrier,
    Category,
    Group,
    ManifestCount,
    ManifestVersion,
    March,
    Membership,
    Message,
    Participant,
    Party,
    PartyKind,
    Purpose,
    QuotaKind,
    Recording,
    Stage,
    Track,
)
from marchapp.models.barrier import barrier_of
from marchapp.registration.consent.state import State, consents_of
from tests.factories import quota_of


@pytest.fixture(scope="module")
def session(migrated_app: Flask) -> Iterator[Session]:
    """A session that holds the demo march, loaded once for all of these tests and never committed."""
    with migrated_app.app_context():
        session = db.session()
        load(session)
        yield session
        session.rollback()


def described(session: Session) -> list[tuple[object, ...]]:
    """What the pages show of every participant and recording, without the ids of the database."""
    people = session.scalars(select(Participant).order_by(Participant.reference)).all()
    recordings = session.scalars(select(Recording).order_by(Recording.sha256)).all()
    return [(person.name, person.reference, person.registered_at) for person in people] + [
        (one.sha256, one.uploaded_at, one.group.number, one.is_used) for one in recordings
    ]


def test_it_is_a_demo_of_a_past_march_in_three_languages(session: Session) -> None:
    march = session.scalars(select(March)).one()
    assert march.is_demo
    assert march.is_public
    stages = session.scalars(select(Stage).order_by(Stage.number)).all()
    assert [stage.day.isoformat() for stage in stages] == ["2014-09-17", "2014-09-18", "2014-09-19"]
    texts = [march.name, march.summary]
    texts += [text for stage in stages for text in (stage.name, stage.start_name, stage.finish_name)]
    assert all(text.keys() == LANGUAGES.keys() and all(text.values()) for text in texts)


def test_every_stage_has_a_route_of_together_50_km_and_a_full_timetable(session: Session) -> None:
    stages = session.scalars(select(Stage).order_by(Stage.number)).all()
    assert sum(stage.route.length_m for stage in stages if stage.route) == pytest.approx(50_000, abs=2_000)
    assert [stage.crosses_border for stage in stages] == [False, True, False]
    assert stages[1].crossing_point
    assert stages[1].crossing_legal_basis
    for stage in stages:
        times = [checkpoint.planned_at for checkpoint in stage.checkpoints]
        assert len(times) >= 4
        assert (times[0], times[-1]) == (stage.starts_at, stage.finishes_at)
        assert times == sorted(time for time in times if time)


def test_people_of_all_categories_have_places_and_no_letter_goes_out(session: Session) -> None:
    people = session.scalars(select(Participant)).all()
    assert len(people) > 95
    taken = Counter(person.category for person in people if not person.cancelled_at)
    [march] = session.scalars(select(March))
    assert {quota.category: quota.taken for quota in march.category_quotas} == taken
    assert taken.keys() == set(Category)
    assert all(quota.left for quota in march.category_quotas if quota.category in taken)
    assert quota_of(march, QuotaKind.MARCH).taken == taken.total()
    assert session.scalars(select(Message)).all() == []


def test_people_come_in_classes_delegations_units_and_a_family(session: Session) -> None:
    parties = session.scalars(select(Party)).all()
    kinds = Counter(party.kind for party in parties)
    assert kinds == {
        PartyKind.SCHOOL_CLASS: 4,
        PartyKind.DELEGATION: 2,
        PartyKind.UNIT: 2,
        PartyKind.FAMILY: 1,
    }
    assert all(len(party.participants) > 3 for party in parties)


def test_groups_of_every_stage_have_a_guide_and_hold_all_but_the_late_joiners(session: Session) -> None:
    groups = session.scalars(select(Group)).all()
    assert Counter(group.stage.number for group in groups) == {1: 8, 2: 8, 3: 8}
    for group in groups:
        assert len(group.guides) == 1
        assert len(group.memberships) <= group.max_size
        assert group.stage.crosses_border or len(group.memberships) >= group.min_size
        assert group.meeting_point
    placed = Counter(session.scalars(select(Membership.stage_id)))
    for stage in session.scalars(select(Stage).order_by(Stage.number)):
        walking = session.scalars(
            select(Participant).where(
                Participant.entries.any(stage_id=stage.id), Participant.cancelled_at.is_(None)
            )
        ).all()
        late = {1: 0, 2: 2, 3: 4}[stage.number]
        kept_out = Counter(barrier_of(one, stage) for one in walking)
        may_walk = kept_out.pop(None)
        assert may_walk - placed[stage.id] == late
        assert kept_out[Barrier.CONSENT] == 3
        assert (sum(kept_out.values()) > 6) == stage.crosses_border


def test_most_guardians_consent_and_nobody_without_consent_is_in_a_group(session: Session) -> None:
    march = session.scalars(select(March)).one()
    people = session.scalars(select(Participant).where(Participant.cancelled_at.is_(None))).all()
    minors = [one for one in people if march.is_minor(one.birth_date)]
    consents = consents_of(session, minors)
    states = Counter(consents[one.id].summary(Purpose.TAKING_PART) for one in minors)
    assert states == {State.GIVEN: len(minors) - 3, State.ASKED: 2, State.REFUSED: 1}
    assert any(consents[one.id].is_denied(Purpose.PHOTOGRAPHS) for one in minors)
    assert all(one.may_take_part for one in people if one not in minors)
    in_groups = select(Participant).where(
        Participant.id.in_(select(Membership.participant_id)), Participant.may_take_part.is_(False)
    )
    assert session.scalars(in_groups).all() == []


def test_recordings_are_compared_and_one_group_sent_two(session: Session) -> None:
    tracks = session.scalars(select(Track)).all()
    assert len(tracks) > 10
    assert {track.comparison.verdict for track in tracks} == {"walked", "partly"}
    assert {track.comparison.off_route_count > 0 for track in tracks} == {True, False}
    both = select(Recording.group_id).group_by(Recording.group_id).having(func.count() > 1)
    assert [session.get_one(Group, group_id).number for group_id in session.scalars(both)] == [3]
    sending = {track.group_id for track in tracks}
    assert session.scalars(select(Group).where(Group.id.not_in(sending))).first()


def test_a_guide_signs_in_with_the_demo_password_and_has_a_group_on_every_stage(session: Session) -> None:
    guide = session.scalars(select(Account).where(Account.email == "guide1@example.org")).one()
    assert verify_password(DEMO_PASSWORD, guide.password)
    groups = session.scalars(select(Group).where(Group.guides.contains(guide))).all()
    assert sorted(group.stage.number for group in groups) == [1, 2, 3]


def test_it_is_the_same_every_time(session: Session) -> None:
    first = described(session)
    session.rollback()
    summary = load(session)
    assert described(session) == first
    assert summary.participants + summary.recordings == len(first)


def test_the_crossing_has_a_frozen_manifest_and_counts_that_agree(session: Session) -> None:
    [version] = session.scalars(select(ManifestVersion))
    assert version.number == 1
    assert version.stage.crosses_border
    assert 0 < version.warnings < version.people
    counts = session.scalars(select(ManifestCount).order_by(ManifestCount.id)).all()
    assert [count.place for count in counts] == ["out", "out", "in"]
    assert counts[0].counted < counts[1].counted == counts[2].counted == version.people
