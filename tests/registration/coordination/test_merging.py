"""Two sign-ups of one person become one: suggested, seen side by side, merged with everything of both."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from marchapp.models import (
    Answer,
    AuditEvent,
    Category,
    ConsentAnswer,
    ConsentText,
    Guardian,
    Membership,
    Message,
    Participant,
    PartyKind,
    PrivateLink,
    Purpose,
    Quota,
    QuotaKind,
    RollMark,
    RollStanding,
    Stage,
    StageEntry,
    Standing,
    TravelDocument,
)
from marchapp.models.link import give_link
from marchapp.registration.coordination.duplicates import are_alike, are_near, find_pairs, near_dates
from tests.factories import START, Cast, make_group, make_mark, make_participant, make_party, make_stage
from tests.queries import queries_of

SignIn = Callable[..., FlaskClient]
WHY = {"reason": "Signed up by both parents"}
BORN = date(2001, 5, 17)


def twins(
    session: Session, cast: Cast, *, of_newer: dict[str, Any] | None = None, **of_older: Any
) -> list[Participant]:
    """Add two sign-ups of one person; the newer has a stage more, and its group there."""
    second = make_stage(session, cast.march, number=2)
    group = make_group(session, second)
    values = {"given_name": "Kari", "family_name": "Nilsen", "registered_at": START} | of_older
    older = make_participant(session, cast.march, cast.stage, group=cast.group, **values)
    later = {"family_name": "Nilsn", "registered_at": START + timedelta(days=1), "phone": "+47 406 00 009"}
    newer = make_participant(
        session, cast.march, cast.stage, second, group=group, **values | later | (of_newer or {})
    )
    session.commit()
    return [older, newer]


def quotas(session: Session, cast: Cast) -> dict[Any, int]:
    session.expire_all()
    query = select(Quota).where(Quota.march_id == cast.march.id)
    return {quota.stage_id or quota.category or quota.kind: quota.taken for quota in session.scalars(query)}


def merge(client: FlaskClient, older: Participant, newer: Participant, *taken: str) -> int:
    address = f"/participants/{newer.id}/merge/{older.id}"
    return client.post(address, data=WHY | {"newer": list(taken)}).status_code


def test_the_older_sign_up_stays_with_what_was_chosen_and_one_place(
    coordinator: FlaskClient, session: Session, cast: Cast
) -> None:
    adult = {"category": Category.WALKER, "birth_date": date(1980, 5, 17)}
    older, newer = twins(session, cast, **adult)
    before = quotas(session, cast)
    kept_id, gone_id = older.id, newer.id
    assert merge(coordinator, older, newer, "phone") == 302
    after = quotas(session, cast)
    assert session.get(Participant, gone_id) is None
    kept = session.get_one(Participant, kept_id)
    assert (kept.family_name, kept.phone) == ("Nilsen", "+47 406 00 009")
    assert {entry.stage.number for entry in kept.entries} == {1, 2}
    in_groups = select(func.count()).select_from(Membership).where(Membership.participant_id == kept_id)
    assert session.scalar(in_groups) == 2
    assert after[QuotaKind.MARCH] == before[QuotaKind.MARCH] - 1
    assert after[Category.WALKER] == before[Category.WALKER] - 1
    assert after[cast.stage.id] == before[cast.stage.id] - 1
    [second] = [stage.id for stage in cast.march.stages if stage.number == 2]
    assert after[second] == before[second]
    [event] = session.scalars(select(AuditEvent).where(AuditEvent.action == "participant.merged"))
    assert event.details["merged"] == gone_id
    assert event.details["reason"] == WHY["reason"]
    assert event.details["after"] == {"phone": "+47 406 00 009"}


def test_links_letters_consents_and_papers_of_both_stay(
    coordinator: FlaskClient, client: FlaskClient, session: Session, cast: Cast
) -> None:
    older, newer = twins(session, cast)
    older.guardians = [Guardian(position=1, name="Siri Nilsen", email="siri@example.org", language="nb")]
    newer.guardians = [
        Guardian(position=1, name="Siri  NILSEN", email="siri@example.org", language="nb"),
        Guardian(position=2, name="Per Nilsen", email="per@example.org", language="nb"),
    ]
    newer.documents = [TravelDocument(kind="visa", number="V1", issued_by="RU", expires_on=date(2020, 1, 1))]
    text = ConsentText(
        march_id=cast.march.id,
        purpose=Purpose.PHOTOGRAPHS,
        version=9,
        text={"en": "Yes"},
        sha256="x",
        written_at=START,
    )
    link = give_link(session, newer.party, now=START, expires_at=START + timedelta(days=9999))
    session.add(text)
    session.flush()
    for guardian in newer.guardians:
        session.add(
            ConsentAnswer(
                participant_id=newer.id,
                guardian_id=guardian.id,
                is_by_child=False,
                text_id=text.id,
                purpose=Purpose.PHOTOGRAPHS,
                answer=Answer.GIVEN,
                typed_name=guardian.name,
                language="nb",
                at=START,
            )
        )
    session.commit()
    kept_id, secret, gone_id = older.id, link.secret, newer.id
    client.post(f"/participants/{newer.id}/link")
    assert merge(coordinator, older, newer) == 302
    session.expire_all()
    kept = session.get_one(Participant, kept_id)
    assert [guardian.name for guardian in kept.guardians] == ["Siri Nilsen", "Per Nilsen"]
    assert [answer.guardian.name for answer in kept.consent_answers] == ["Siri Nilsen", "Per Nilsen"]
    assert [document.kind for document in kept.documents] == ["visa"]
    assert (
        session.scalars(select(PrivateLink.participant_id).where(PrivateLink.id == link.id)).one() == kept_id
    )
    assert client.get(f"/registrations/{secret}").status_code == 200
    history = client.get(f"/participants/{kept_id}/history").text
    assert "Two sign-ups of this person were merged." in history
    assert "A private link was sent." in history  # of the row that is gone
    assert (
        session.scalar(select(func.count()).select_from(Message).where(Message.participant_id == gone_id))
        == 0
    )


def test_the_marks_of_both_stay_and_those_of_the_older_hold_where_both_were_marked(
    session: Session, cast: Cast, coordinator: FlaskClient
) -> None:
    older, newer = twins(session, cast)
    second = session.scalars(select(StageEntry.stage_id).where(StageEntry.participant_id == newer.id)).all()[
        -1
    ]
    here = make_mark(session, older, cast.stage).client_key
    make_mark(session, newer, cast.stage)
    elsewhere = make_mark(session, newer, session.get_one(Stage, second)).client_key
    session.commit()
    assert merge(coordinator, older, newer) == 302
    session.expire_all()
    assert session.scalars(select(RollMark.participant_id)).all() == [older.id] * 3
    holding = session.scalars(select(RollStanding).order_by(RollStanding.stage_id)).all()
    assert [(one.participant_id, one.client_key) for one in holding] == [
        (older.id, here),
        (older.id, elsewhere),
    ]


def test_answers_of_a_third_guardian_are_never_lost(
    coordinator: FlaskClient, session: Session, cast: Cast
) -> None:
    older, newer = twins(session, cast)
    older.guardians = [Guardian(position=number, name=f"Parent {number}", language="nb") for number in (1, 2)]
    newer.guardians = [Guardian(position=1, name="Somebody Else", language="nb")]
    session.commit()
    address = f"/participants/{older.id}/merge/{newer.id}"
    answer = coordinator.post(address, data=WHY, follow_redirects=True)
    assert "more than two guardians" in answer.text
    session.expire_all()
    assert session.get(Participant, newer.id) is not None
    assert len(session.scalars(select(StageEntry).where(StageEntry.participant_id == newer.id)).all()) == 2


def test_a_place_of_the_newer_goes_to_the_older_that_waited(
    coordinator: FlaskClient, session: Session, cast: Cast
) -> None:
    older, newer = twins(
        session,
        cast,
        standing=Standing.WAITING,
        waiting_since=START,
        of_newer={"standing": Standing.PLACED, "waiting_since": None},
    )
    before = quotas(session, cast)
    kept_id = older.id
    assert merge(coordinator, older, newer, "family_name") == 302
    kept = session.get_one(Participant, kept_id)
    session.refresh(kept)
    assert (kept.standing, kept.waiting_since, kept.family_name) == (Standing.PLACED, None, "Nilsn")
    assert quotas(session, cast)[QuotaKind.MARCH] == before[QuotaKind.MARCH]


def test_a_merge_needs_a_reason_and_two_people_of_one_march(
    coordinator: FlaskClient, sign_in: SignIn, session: Session, cast: Cast
) -> None:
    older, newer = twins(session, cast)
    stranger = make_participant(session, cast.other_march)
    session.commit()
    page = coordinator.post(f"/participants/{older.id}/merge/{newer.id}", data={})
    assert page.status_code == 200
    assert session.get(Participant, newer.id) is not None
    assert coordinator.get(f"/participants/{older.id}/merge/{older.id}").status_code == 404
    assert coordinator.get(f"/participants/{older.id}/merge/{stranger.id}").status_code == 403


def test_both_stand_side_by_side_and_nothing_encrypted_is_shown(
    coordinator: FlaskClient, session: Session, cast: Cast
) -> None:
    older, newer = twins(session, cast, health_notes="Secret asthma", has_health_notes=True)
    page = coordinator.get(f"/participants/{older.id}/merge/{newer.id}").text
    for words in ("Nilsn", "+47 406 00 009", "Older sign-up", "Take the newer"):
        assert words in page
    assert "Secret asthma" not in page


def test_likely_pairs_are_suggested_on_the_page_of_the_march_and_of_the_person(
    coordinator: FlaskClient, session: Session, cast: Cast
) -> None:
    older, newer = twins(session, cast, of_newer={"birth_date": BORN})
    make_participant(session, cast.march, given_name="Kari", family_name="Olsen")
    make_participant(
        session, cast.march, given_name="Kari", family_name="Nilsen", birth_date=date(1970, 1, 1)
    )
    session.commit()
    assert [(pair.older.id, pair.newer.id) for pair in find_pairs(session, cast.march)] == [
        (older.id, newer.id)
    ]
    assert (
        f"/participants/{older.id}/merge/{newer.id}"
        in coordinator.get("/marches/victory/participants/duplicates").text
    )
    assert "may be the same person" in coordinator.get(f"/participants/{newer.id}").text


def test_a_swapped_birth_date_of_the_same_name_is_suggested(session: Session, cast: Cast) -> None:
    one = make_participant(
        session, cast.march, given_name="Liv", family_name="Berg", birth_date=date(2001, 5, 7)
    )
    other = make_participant(
        session, cast.march, given_name="Liv", family_name="Berg", birth_date=date(2001, 7, 5)
    )
    [pair] = find_pairs(session, cast.march)
    assert {pair.older.id, pair.newer.id} == {one.id, other.id}


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Kari Nilsen", "Nilsen Kari", True),
        ("Kari Anne Nilsen", "Kari Nilsn", True),
        ("Iuliia Shcherbakova", "Julija Sjtsjerbakova", True),
        ("Kari Nilsen", "Kari Olsen", False),
        ("Kari Nilsen", "Nilsen", False),
        ("Ola Nilsen", "Ida Nilsen", False),
    ],
)
def test_names_are_alike_when_each_word_is_nearly_one_of_the_other(one: str, other: str, same: bool) -> None:
    assert are_alike(one, other) is same


def test_birth_dates_are_near_by_one_digit_a_day_or_changed_round() -> None:
    born = date(2001, 5, 17)
    near = [date(2001, 5, 18), date(2001, 5, 16), date(2011, 5, 17), date(2001, 6, 17), date(2001, 5, 27)]
    assert all(are_near(born, other) for other in near)
    assert are_near(date(2001, 5, 7), date(2001, 7, 5))
    assert not are_near(born, date(2002, 6, 17))
    assert set(near) <= set(near_dates(born))
    assert all(are_near(born, other) for other in near_dates(born))


def test_more_people_cost_no_more_queries(coordinator: FlaskClient, session: Session, cast: Cast) -> None:
    twins(session, cast)
    party = make_party(session, cast.march, kind=PartyKind.FAMILY, name="Nilsen")

    def both() -> tuple[int, int]:
        person = make_participant(session, cast.march, party=party)
        session.commit()
        pages = ("/marches/victory/participants/duplicates", f"/participants/{person.id}")
        few, many = (queries_of(coordinator, page) for page in pages)
        return few, many

    few = both()
    for number in range(20):
        make_participant(
            session,
            cast.march,
            party=party,
            given_name="Kari",
            family_name="Nilsen",
            birth_date=date(1960 + number, 5, 17),
        )
    assert both() == few
