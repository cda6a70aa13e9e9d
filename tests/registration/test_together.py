"""Several people sign up on one page: added, taken out, looked over, and sent once."""

import re
from html import unescape
from time import perf_counter
from uuid import uuid4

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from marchapp.extensions import db
from marchapp.models import Category, March, Message, Participant, Party, Quota, QuotaKind, Standing
from tests.registration.conftest import OF_CATEGORY, party_answers

CHILD, WALKER = Category.SCHOOLCHILD, Category.WALKER
GUARDIAN = {name: value for name, value in OF_CATEGORY[CHILD].items() if name.startswith("guardian")}
SIRI = {"given_name": "Siri", "family_name": "Hansen"}
OLA = {"given_name": "Ola", "family_name": "Hansen"}
MIA = {"given_name": "Mia", "family_name": "Hansen", "birth_date": "2004-02-01"}


def post(
    client: FlaskClient, march: March, *people: dict[str, object], kind: str = "family", **changed: object
) -> TestResponse:
    data = party_answers(march, *people, **{"step": "review"} | changed)
    return client.post(f"/marches/{march.slug}/sign-up/{kind}", data=data)


def send(client: FlaskClient, march: March, *people: dict[str, object], **changed: object) -> TestResponse:
    return post(client, march, *people, step="send", **changed)


def words_of(answer: TestResponse) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.text)).split())


def people_on(answer: TestResponse) -> list[str]:
    return re.findall(r'name="people" value="(\d+)"', answer.text)


def everybody(session: Session) -> list[Participant]:
    session.expire_all()
    return list(session.scalars(select(Participant).order_by(Participant.id)))


def limit(session: Session, march: March, places: int) -> None:
    of_march = select(Quota).where(Quota.march_id == march.id, Quota.kind == QuotaKind.MARCH)
    session.scalars(of_march).one().capacity = places
    session.commit()


@pytest.mark.parametrize("kind", ["family", "school_class", "unit", "delegation"])
def test_every_kind_of_party_has_its_page(client: FlaskClient, march: March, kind: str) -> None:
    assert f"/sign-up/{kind}" in client.get("/marches/victory/sign-up").text
    page = client.get(f"/marches/victory/sign-up/{kind}")
    assert page.status_code == 200
    assert people_on(page) == ["0"]


def test_a_family_signs_up_with_one_letter(client: FlaskClient, session: Session, march: March) -> None:
    review = post(client, march, SIRI, OLA, MIA | GUARDIAN)
    assert "There are places for all 3 now." in words_of(review)
    assert everybody(session) == []

    answer = send(client, march, SIRI, OLA, MIA | GUARDIAN)

    assert answer.status_code == 302
    party = session.scalars(select(Party)).one()
    assert (party.kind, party.contact_name, party.contact_phone) == (
        "family",
        "Siri Hansen",
        "+47 40 60 00 02",
    )
    assert [person.given_name for person in everybody(session)] == ["Siri", "Ola", "Mia"]
    assert {person.standing for person in everybody(session)} == {Standing.PLACED}
    received = select(func.count()).select_from(Message).where(Message.kind == "received")
    assert session.scalar(received) == 1
    page = words_of(client.get(answer.location))
    assert "3 people are signed up and have their places." in page


def test_somebody_added_starts_with_what_the_family_shares(client: FlaskClient, march: March) -> None:
    page = post(client, march, SIRI, step="add")
    assert people_on(page) == ["0", "1"]
    for name, value in (("family_name", "Hansen"), ("municipality", "Sør-Varanger"), ("given_name", "")):
        assert re.search(rf'name="people-1-{name}"[^>]*value="{value}"', page.text), name
    assert "aria-invalid" not in page.text


def test_somebody_taken_out_can_be_put_back(client: FlaskClient, march: March) -> None:
    without = post(client, march, SIRI, OLA, step="take-out:1")
    assert people_on(without) == ["0"]
    assert "Ola Hansen is taken out." in words_of(without)
    hidden = re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', without.text)
    assert ("people-1-given_name", "Ola") in hidden
    again = post(client, march, SIRI, OLA, people=["0"], step="put-back:1")
    assert people_on(again) == ["0", "1"]
    assert re.search(r'name="people-1-given_name"[^>]*value="Ola"', again.text)


def test_a_number_is_never_given_twice(client: FlaskClient, march: March) -> None:
    assert people_on(post(client, march, SIRI, OLA, people=["0"], step="add")) == ["0", "2"]


def test_a_child_of_a_family_is_offered_the_contact_as_guardian(client: FlaskClient, march: March) -> None:
    page = post(client, march, SIRI, MIA)
    assert "Mia Hansen is under 18" in words_of(page)
    assert re.search('name="people-1-guardian_name"[^>]*value="Siri Hansen"', page.text)
    assert re.search('name="people-1-guardian_email"[^>]*value="siri@example.org"', page.text)


def test_another_category_asks_for_its_own_answers(
    client: FlaskClient, session: Session, march: March
) -> None:
    page = post(client, march, SIRI, OLA | {"category": "official", "body": None, "position": None})
    assert 'name="people-1-body"' in page.text
    page = client.post(
        "/marches/victory/sign-up/family",
        data={
            name: value
            for name, value in party_answers(march, SIRI, OLA | {"category": Category.OFFICIAL}).items()
            if not name.endswith(("-body", "-position"))
        },
    )
    assert "Ola Hansen has another category now" in words_of(page)
    assert "aria-invalid" not in page.text


def test_the_questions_of_another_category_are_shown_without_blame_and_keep_what_was_typed(
    client: FlaskClient, session: Session, march: March
) -> None:
    typed = {"category": "official", "body": None, "position": None, "given_name": "Ola-Petter"}
    page = post(client, march, SIRI, OLA | typed, step="show:1")
    assert 'name="people-1-body"' in page.text
    assert 'value="Ola-Petter"' in page.text
    assert re.search(r'id="person-1" open', page.text)
    assert not re.search(r'id="person-0" open', page.text)
    assert "aria-invalid" not in page.text
    assert everybody(session) == []


def test_who_is_added_is_unfolded_and_greeted(client: FlaskClient, march: March) -> None:
    page = post(client, march, SIRI, step="add")
    assert re.search(r'id="person-1" open', page.text)
    assert "Here is room for one more." in words_of(page)


def test_errors_name_the_person(client: FlaskClient, session: Session, march: March) -> None:
    page = words_of(post(client, march, SIRI, OLA | {"country": "", "emergency_name": ""}))
    assert "Ola Hansen, Country: Choose one from the list." in page
    assert "Ola Hansen, Emergency contact: Fill this in." in page
    assert "Siri Hansen, " not in page


def test_the_same_person_twice_on_a_page_is_said(client: FlaskClient, session: Session, march: March) -> None:
    page = send(client, march, SIRI, SIRI | {"given_name": "SIRI"})
    assert "Somebody of this name and birth date stands on this page twice." in words_of(page)
    assert everybody(session) == []


def test_a_page_without_anybody_asks_for_somebody(
    client: FlaskClient, session: Session, march: March
) -> None:
    assert "Nobody is on the page yet" in words_of(post(client, march))
    assert "Nobody is on the page yet" in words_of(send(client, march))


@pytest.mark.parametrize("kind", ["school_class", "unit", "delegation"])
def test_all_but_families_have_a_name(client: FlaskClient, march: March, kind: str) -> None:
    assert "Name of the party: Fill this in." in words_of(post(client, march, SIRI, kind=kind))
    named = post(client, march, SIRI, kind=kind, name="7B")
    assert "Nothing is sent yet" in words_of(named)


def test_too_few_places_let_the_party_choose(client: FlaskClient, session: Session, march: March) -> None:
    limit(session, march, 1)
    review = post(client, march, SIRI, OLA)
    assert "1 place is left for 2 people" in words_of(review)
    assert 'name="when_full"' in review.text
    assert "checked" not in review.text[review.text.index('name="when_full"') :]
    unanswered = send(client, march, SIRI, OLA)
    assert "Nothing is sent yet: choose one of the two." in words_of(unanswered)
    assert everybody(session) == []

    send(client, march, SIRI, OLA, when_full="fit")
    assert [person.standing for person in everybody(session)] == [Standing.PLACED, Standing.WAITING]


def test_all_or_nobody_waits_together(client: FlaskClient, session: Session, march: March) -> None:
    limit(session, march, 1)
    answer = send(client, march, SIRI, OLA, when_full="all")
    assert {person.standing for person in everybody(session)} == {Standing.WAITING}
    assert "All of you wait in line" in words_of(client.get(answer.location))


def test_places_that_went_meanwhile_bring_the_choice_before_anything_is_stored(
    client: FlaskClient, session: Session, march: March
) -> None:
    limit(session, march, 1)
    answer = send(client, march, SIRI, OLA)
    assert answer.status_code == 200
    assert "1 place is left for 2 people" in words_of(answer)
    assert everybody(session) == []


def test_one_person_is_told_of_the_line_before_sending(
    client: FlaskClient, session: Session, march: March
) -> None:
    limit(session, march, 0)
    send(client, march, OLA, when_full="all")
    review = words_of(post(client, march, SIRI))
    assert "If you send this, you stand in line." in review
    assert "One person waits already." in review


def test_sending_twice_gives_one_party_and_one_letter(
    client: FlaskClient, session: Session, march: March
) -> None:
    key = str(uuid4())
    first = send(client, march, SIRI, OLA, form_key=key)
    second = send(client, march, SIRI, OLA, form_key=key)
    assert first.location == second.location
    assert len(everybody(session)) == 2
    assert session.scalar(select(func.count()).select_from(Message)) == 1


def test_one_known_person_stops_the_party_and_is_not_named(
    client: FlaskClient, session: Session, march: March
) -> None:
    send(client, march, SIRI)
    answer = send(client, march, OLA, SIRI, contact_email="stranger@example.org")
    assert answer.status_code == 200
    assert "Nobody was signed up" in words_of(answer)
    assert "If this person signed up before" in words_of(answer)
    assert [person.given_name for person in everybody(session)] == ["Siri"]


def test_changing_brings_everything_back_as_typed(client: FlaskClient, march: March) -> None:
    odd = {"birth_date": "17.05.1980", "diet": 'nuts & "berries"', "phone": "406 00 000"}
    page = unescape(post(client, march, SIRI | odd, OLA, step="change").text)
    for name, value in odd.items():
        assert re.search(rf'name="people-0-{name}"[^§]*?value="{re.escape(value)}"', page), name
    assert people_on(post(client, march, SIRI, OLA, step="change")) == ["0", "1"]


def test_the_review_carries_everything_and_stores_nothing(
    client: FlaskClient, session: Session, march: March
) -> None:
    sent = party_answers(march, SIRI, OLA, step="review")
    review = client.post("/marches/victory/sign-up/family", data=sent)
    carried = {
        unescape(name): unescape(value)
        for name, value in re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', review.text)
    }
    plain = {name: value for name, value in sent.items() if isinstance(value, str) and name != "step"}
    assert plain.items() <= carried.items()
    assert everybody(session) == []
    assert session.scalars(select(Message)).all() == []


def test_a_review_waits_for_no_writer(client: FlaskClient, session: Session, march: March) -> None:
    sent = party_answers(march, SIRI, OLA, step="review")
    session.rollback()
    with db.engine.begin() as writer:
        writer.execute(text("UPDATE march SET shows_places = shows_places"))
        begins = perf_counter()
        review = client.post("/marches/victory/sign-up/family", data=sent)
    assert "Nothing is sent yet" in review.text
    assert perf_counter() - begins < 10  # a writer would wait for the other one, 15 s, and then fail


@pytest.mark.parametrize(
    "strange",
    [
        {"people": ["x", "-1", "99999999999", "0"]},
        {"people": ["0"] * 500},
        {"people": [str(number) for number in range(500)]},
        {"step": "take-out:x"},
        {"step": "take-out:77"},
        {"step": "put-back:99999999999999999999"},
        {"step": "no such step"},
        {"form_key": "no key"},
        {"people-x-": "1", "people-": "2", "step": "add"},
        {"when_full": "never", "step": "send"},
    ],
)
def test_strange_pages_never_fail(
    client: FlaskClient, session: Session, march: March, strange: dict[str, object]
) -> None:
    assert post(client, march, SIRI, **strange).status_code < 400


def test_an_unknown_kind_of_party_is_not_found(client: FlaskClient, march: March) -> None:
    assert client.get("/marches/victory/sign-up/person").status_code == 404
    assert client.get("/marches/victory/sign-up/crowd").status_code == 404
