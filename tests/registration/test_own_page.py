"""One person's own page behind the private link: how it stands, badge, own data, erasure, lost links."""

import json
import re
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from zipfile import ZipFile
from zoneinfo import ZoneInfo

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from marchapp.models import (
    AuditEvent,
    DocumentKind,
    Guardian,
    March,
    Membership,
    Message,
    Participant,
    Party,
    PartyKind,
    PrivateLink,
    Standing,
    TravelDocument,
)
from marchapp.models.link import give_link
from marchapp.paper.frame import can_print
from marchapp.registration.own import badge
from marchapp.registration.own.lost_link import send_links, send_links_to
from tests.factories import (
    make_account,
    make_group,
    make_march,
    make_participant,
    make_party,
    make_stage,
    quota_of,
)
from tests.queries import queries_of

NOW = datetime.now(UTC)
NEXT_WEEK = NOW.date() + timedelta(days=7)
ADULT, CHILD = date(1980, 5, 17), NEXT_WEEK.replace(year=NEXT_WEEK.year - 11)


@pytest.fixture
def march(session: Session) -> March:
    march = make_march(
        session,
        slug="victory",
        starts_on=NEXT_WEEK,
        ends_on=NEXT_WEEK + timedelta(days=2),
        contact_email="coordinator@example.org",
    )
    for number in (1, 2):
        starts_at = NOW + timedelta(days=6 + number)
        make_stage(
            session, march, number=number, starts_at=starts_at, finishes_at=starts_at + timedelta(hours=6)
        )
    session.refresh(march, ["stages"])
    return march


@pytest.fixture
def walker(session: Session, march: March) -> Participant:
    person = make_participant(session, march, *march.stages, birth_date=ADULT, native_name="Кари Нильсен")
    session.commit()
    return person


def link_to(session: Session, owner: Party | Participant, **given: datetime) -> str:
    """Give a private link and return the address behind it."""
    link = give_link(session, owner, now=NOW, **{"expires_at": NOW + timedelta(days=9)} | given)
    session.commit()
    return f"/registrations/{link.secret}"


def text_of(client: FlaskClient, address: str, **options: object) -> str:
    answer = client.get(address, headers={"Accept-Language": "en"}, **options)
    assert answer.status_code == 200, answer.status
    return " ".join(re.sub(r"<[^>]+>", " ", answer.get_data(as_text=True)).split())


def count(session: Session, table: type) -> int:
    return session.scalar(select(func.count()).select_from(table)) or 0


def test_who_has_a_place_reads_so_in_one_sentence(
    client: FlaskClient, session: Session, walker: Participant
) -> None:
    for address in (link_to(session, walker.party), link_to(session, walker)):
        page = text_of(client, address)
        assert f"{walker.name} has a place, and nothing is missing." in page
        assert "Still missing" not in page
        assert walker.reference in page
        assert "Meet at Start." in page


def test_who_waits_reads_how_many_stand_before(client: FlaskClient, session: Session, march: March) -> None:
    in_line = [
        make_participant(
            session, march, *march.stages, birth_date=ADULT, standing=Standing.WAITING, waiting_since=since
        )
        for since in (NOW, NOW, NOW + timedelta(hours=1))
    ]
    quota_of(march, in_line[0].category).capacity = 0
    session.commit()
    assert "first in line" in text_of(client, link_to(session, in_line[0].party))
    assert "1 person stands before in line" in text_of(client, link_to(session, in_line[1].party))
    last = text_of(client, link_to(session, in_line[2].party))
    assert "2 people stand before in line" in last
    assert "Leave the line" in last
    assert "Show the badge" not in last


def test_a_cancelled_sign_up_says_so_and_keeps_the_data_within_reach(
    client: FlaskClient, session: Session, march: March
) -> None:
    gone = make_participant(session, march, birth_date=ADULT, cancelled_at=NOW)
    page = text_of(client, link_to(session, gone.party))
    assert f"The sign-up of {gone.name} is cancelled." in page
    assert "Download all data" in page
    assert "Change the answers" not in page


def test_what_a_child_still_needs_is_named(client: FlaskClient, session: Session, march: March) -> None:
    march.stages[1].crosses_border = True
    child = make_participant(
        session, march, *march.stages, birth_date=CHILD, country="RU", may_take_part=False
    )
    child.place_held_until = NOW + timedelta(days=14)
    child.guardians = [
        Guardian(position=1, name="Siri Nilsen", email="siri@example.org", language="nb"),
        Guardian(position=2, name="Per Nilsen", language="nb"),
    ]
    address = link_to(session, child.party)
    page = text_of(client, address)
    assert f"A place is kept for {child.name} until" in page
    assert "The answer of Siri Nilsen. The question was sent to siri@example.org." in page
    assert "The answer of Per Nilsen, on paper" in page
    assert "A travel document: stage 2 crosses the border" in page
    assert "A notary’s consent to the journey" in page


def test_a_document_that_expires_before_the_crossing_is_named(
    client: FlaskClient, session: Session, march: March, walker: Participant
) -> None:
    march.stages[1].crosses_border = True
    passport = {"kind": DocumentKind.PASSPORT, "number": "N0", "issued_by": "NO"}
    walker.documents = [TravelDocument(**passport, expires_on=march.stages[1].day - timedelta(days=1))]
    address = link_to(session, walker.party)
    assert "Something is still missing." in text_of(client, address)
    walker.documents[0].expires_on = march.stages[1].day
    session.commit()
    assert "nothing is missing" in text_of(client, address)


def test_the_group_its_guide_place_and_time_are_shown_once_they_are_published(
    client: FlaskClient, session: Session, march: March
) -> None:
    guide = make_account(session, "Gunn Guide", march)
    guide.phone = "+47 400 11 222"
    own = {"meeting_point": "The red bus", "starts_at": march.stages[0].starts_at + timedelta(minutes=17)}
    published = make_group(session, march.stages[0], guide, number=7, **own)
    draft = make_group(session, march.stages[1], guide, number=8, is_published=False)
    person = make_participant(session, march, *march.stages, group=published, birth_date=ADULT)
    session.add(Membership(participant_id=person.id, stage_id=draft.stage_id, group_id=draft.id))
    published.number = 9
    address = link_to(session, person.party)
    page = text_of(client, address)
    clock = own["starts_at"].astimezone(ZoneInfo(march.time_zone)).strftime("%H:%M")
    for words in (
        "Group 7",
        "Guide: Gunn Guide",
        "+47 400 11 222",
        f"Meet at The red bus. The walk starts at {clock}",
    ):
        assert words in page
    assert "Group 8" not in page
    assert "Group 9" not in page
    assert "Group 7" in text_of(client, f"{address}/people/{person.id}/badge")


def test_who_may_not_take_part_any_more_sees_no_group(
    client: FlaskClient, session: Session, march: March
) -> None:
    group = make_group(session, march.stages[0], number=7)
    child = make_participant(session, march, march.stages[0], group=group, may_take_part=False)
    assert "Group 7" not in text_of(client, link_to(session, child.party))


def test_a_contact_opens_each_person_of_the_party_and_each_person_only_the_own_page(
    client: FlaskClient, session: Session, march: March, walker: Participant
) -> None:
    party = make_party(session, march, kind=PartyKind.FAMILY)
    mother, father = (
        make_participant(session, march, party=party, birth_date=ADULT, given_name=name)
        for name in ("Anna", "Boris")
    )
    of_party, of_mother = link_to(session, party), link_to(session, mother)
    for person in (mother, father):
        assert person.name in text_of(client, f"{of_party}/people/{person.id}")
    assert mother.name in text_of(client, of_mother)
    for page in ("", "/badge", "/badge.pdf", "/data.zip", "/erasure"):
        assert client.get(f"{of_mother}/people/{father.id}{page}").status_code == 404
        assert client.get(f"{of_party}/people/{walker.id}{page}").status_code == 404


def test_pages_behind_a_link_stay_out_of_caches_and_search_engines(
    client: FlaskClient, session: Session, walker: Participant
) -> None:
    address = link_to(session, walker)
    for page in ("", "/badge", "/badge.pdf", "/data.zip", "/erasure"):
        headers = client.get(f"{address}/people/{walker.id}{page}").headers
        assert headers["Cache-Control"] == "no-store"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["X-Robots-Tag"] == "noindex"


def test_the_badge_is_a_pdf_of_one_page_that_embeds_its_typeface(
    client: FlaskClient, session: Session, walker: Participant
) -> None:
    answer = client.get(f"{link_to(session, walker)}/people/{walker.id}/badge.pdf")
    assert answer.mimetype == "application/pdf"
    assert answer.data.startswith(b"%PDF-")
    assert answer.data.count(b"/FontFile2") == 2
    assert b"/Count 1" in answer.data


def test_names_in_cyrillic_are_printed_and_other_scripts_left_out() -> None:
    printed = badge.Badge(
        march="Марш",
        days="",
        name="Aleksandra",
        native_name="Александра",
        category="",
        lines=(),
        reference="A",
    )
    assert can_print(printed.native_name)
    assert can_print("Ánne Máret Čálliid")
    assert not can_print("王秀英")
    assert not can_print("")
    assert badge.draw(printed).startswith(b"%PDF-")


def test_the_code_holds_the_reference_and_nothing_else(
    client: FlaskClient, session: Session, walker: Participant
) -> None:
    page = client.get(f"{link_to(session, walker)}/people/{walker.id}/badge").get_data(as_text=True)
    assert str(badge.code_svg(walker.reference)) in page
    assert badge.code_svg(walker.reference) != badge.code_svg(walker.name)


def test_there_is_no_badge_without_a_place(client: FlaskClient, session: Session, march: March) -> None:
    waiting = make_participant(session, march, standing=Standing.WAITING, waiting_since=NOW, birth_date=ADULT)
    address = f"{link_to(session, waiting)}/people/{waiting.id}"
    for page in ("badge", "badge.pdf"):
        assert client.get(f"{address}/{page}").location == address


def test_own_data_are_complete_and_hold_no_secret_and_nobody_else(
    client: FlaskClient, session: Session, march: March
) -> None:
    party = make_party(session, march, kind=PartyKind.FAMILY, contact_email="contact@example.org")
    child = make_participant(session, march, march.stages[0], party=party, birth_date=CHILD)
    child.health_notes, child.has_health_notes = "Asthma", True
    child.documents = [
        TravelDocument(kind=DocumentKind.PASSPORT, number="P77", issued_by="NO", expires_on=march.ends_on)
    ]
    child.guardians = [Guardian(position=1, name="Siri Nilsen", email="siri@example.org", language="nb")]
    make_participant(session, march, party=party, birth_date=ADULT, given_name="Somebodyelse")
    address = link_to(session, child)
    answer = client.get(f"{address}/people/{child.id}/data.zip")
    with ZipFile(BytesIO(answer.data)) as package:
        assert package.namelist() == ["data.json"]
        text = package.read("data.json").decode()
    data = json.loads(text)
    assert data["person"]["health_notes"] == "Asthma"
    assert data["documents"][0]["number"] == "P77"
    assert data["guardians"][0]["name"] == "Siri Nilsen"
    assert [stage["number"] for stage in data["stages"]] == [1]
    link = session.scalars(select(PrivateLink)).one()
    for secret in ("Somebodyelse", link.secret, link.secret_hash, link.nonce, "contact@example.org"):
        assert secret not in text
    assert answer.headers["Content-Disposition"].startswith("attachment")


def test_erasure_is_asked_for_once_after_a_confirmation(
    client: FlaskClient, session: Session, walker: Participant
) -> None:
    address = f"{link_to(session, walker)}/people/{walker.id}"
    assert "A coordinator does it by hand" in text_of(client, f"{address}/erasure")
    session.refresh(walker)
    assert walker.erasure_asked_at is None
    session.commit()
    for _twice in range(2):
        assert client.post(f"{address}/erasure").location == address
    session.refresh(walker)
    assert walker.erasure_asked_at is not None
    asked = select(AuditEvent.subject_id).where(AuditEvent.action == "participant.erasure_asked")
    assert session.scalars(asked).all() == [walker.id]
    session.commit()
    assert "for everything to be erased" in text_of(client, address)


def test_an_expired_link_says_so_kindly_with_the_way_to_a_new_one(
    client: FlaskClient, session: Session, walker: Participant
) -> None:
    address = link_to(session, walker, expires_at=NOW - timedelta(seconds=1))
    for page in ("", f"/people/{walker.id}", f"/people/{walker.id}/data.zip"):
        answer = client.get(address + page)
        assert answer.status_code == 410
        assert "/lost-link" in answer.get_data(as_text=True)


def test_a_lost_link_is_answered_alike_for_known_and_unknown_addresses(
    client: FlaskClient, session: Session, walker: Participant, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    monkeypatch.setattr("marchapp.extensions.queue.send", lambda _task, **given: asked.append(given["email"]))
    known, unknown = walker.party.contact_email, "nobody@example.org"
    pages = [
        client.post("/lost-link", data={"email": email}).get_data(as_text=True).replace(email, "")
        for email in (known, unknown)
    ]
    assert pages[0] == pages[1]
    assert asked == [known, unknown]
    assert "This is no e-mail address" in client.post(
        "/lost-link?lang=en", data={"email": "nobody"}
    ).get_data(as_text=True)


def test_a_lost_link_is_sent_to_the_contact_and_to_a_person_with_an_own_address(
    session: Session, march: March
) -> None:
    family = make_party(session, march, kind=PartyKind.FAMILY, contact_email="anna@example.org")
    make_participant(session, march, party=family, email="anna@example.org", birth_date=ADULT)
    make_participant(session, march, party=family, email="boris@example.org", birth_date=ADULT)
    send_links(session, "Anna@Example.org", now=NOW)
    send_links(session, "boris@example.org", now=NOW)
    send_links(session, "nobody@example.org", now=NOW)
    letters = session.execute(select(Message.kind, Message.recipient).order_by(Message.id)).all()
    assert letters == [("link_again", "anna@example.org"), ("own_link", "boris@example.org")]
    links = session.scalars(select(PrivateLink)).all()
    assert len(links) == 2
    for link in links:
        assert all(
            link.secret not in message.text + message.html for message in session.scalars(select(Message))
        )


def test_the_worker_stores_the_letters_about_lost_links(session: Session, walker: Participant) -> None:
    email = walker.party.contact_email
    session.commit()
    send_links_to(email=email)
    session.rollback()
    assert session.scalars(select(Message.recipient)).all() == [email]


def test_nobody_is_flooded_with_letters_about_lost_links(session: Session, walker: Participant) -> None:
    for minutes in (0, 1, 59, 61):
        send_links(session, walker.party.contact_email, now=NOW + timedelta(minutes=minutes))
    assert count(session, Message) == 2


def test_the_own_page_asks_the_database_a_constant_number_of_times(
    client: FlaskClient, session: Session, march: March
) -> None:
    def queries_with(stages: int) -> int:
        person = make_participant(session, march, *march.stages[:stages], birth_date=ADULT)
        address = link_to(session, person)
        return queries_of(client, address)

    assert queries_with(1) == queries_with(2)
