"""Parts of the form that appear as they become relevant: guardians, and papers for the border."""

import re
from html import unescape

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from marchapp.models import Category, DocumentKind, March, Participant
from tests.registration.conftest import OF_CATEGORY, PASSPORT, answers

WALKER, CHILD = Category.WALKER, Category.SCHOOLCHILD
MINOR = {"birth_date": "2002-05-17"}
GUARDIAN = {name: value for name, value in OF_CATEGORY[CHILD].items() if name.startswith("guardian")}
NOTARISED = {"notarised_from": "2014-09-17", "notarised_to": "2014-09-19", "notarised_states": "Norway"}


@pytest.fixture
def crossing(session: Session, march: March) -> March:
    """The march, whose second stage of 18 September crosses the border."""
    march.stages[1].crosses_border = True
    session.commit()
    return march


def post(client: FlaskClient, march: March, category: Category = WALKER, **changed: object) -> TestResponse:
    changed.setdefault("step", "review")
    data = answers(march, category, **changed)
    return client.post(f"/marches/{march.slug}/sign-up/{category}", data=data)


def words_of(answer: TestResponse) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.text)).split())


def is_review(answer: TestResponse) -> bool:
    return "Nothing is sent yet" in answer.text


def anybody(session: Session) -> list[Participant]:
    session.expire_all()
    return list(session.scalars(select(Participant).order_by(Participant.id)))


def test_an_adult_is_asked_for_no_guardian(client: FlaskClient, march: March) -> None:
    assert "guardian_name" not in client.get("/marches/victory/sign-up/walker").text
    assert is_review(post(client, march))


def test_a_minor_of_any_category_is_asked_for_guardians_without_blame(
    client: FlaskClient, session: Session, march: March
) -> None:
    asked = post(client, march, **MINOR)

    assert "Kari Anne Bjørn-Hansen is under 18 on the first day of the march" in words_of(asked)
    assert 'name="guardian_name"' in asked.text
    assert 'value="Kari Anne"' in asked.text
    assert "aria-invalid" not in asked.text
    assert is_review(post(client, march, **MINOR, **GUARDIAN))
    assert post(client, march, **MINOR, **GUARDIAN, step="send").status_code == 302
    (person,) = anybody(session)
    assert [(one.name, one.email) for one in person.guardians] == [("Siri Hansen", "siri@example.org")]
    assert person.party.contact_email == "siri@example.org"
    assert not person.may_take_part


def test_a_part_that_stood_in_the_form_must_be_answered(client: FlaskClient, march: March) -> None:
    answer = post(client, march, **MINOR, **GUARDIAN | {"guardian_name": "", "guardian_email": ""})
    assert "Name of a guardian: Fill this in." in words_of(answer)
    assert "E-mail of the guardian: Fill this in." in words_of(answer)


def test_two_guardians_are_kept(client: FlaskClient, session: Session, march: March) -> None:
    second = {"guardian2_name": "Ola Hansen", "guardian2_phone": "406 00 003", "guardian2_language": "ru"}
    post(client, march, CHILD, **second, step="send")
    (child,) = anybody(session)
    assert [(one.position, one.name, one.language) for one in child.guardians] == [
        (1, "Siri Hansen", "nb"),
        (2, "Ola Hansen", "ru"),
    ]


def test_a_second_guardian_needs_a_phone_once_there_is_a_name(client: FlaskClient, march: March) -> None:
    answer = post(client, march, CHILD, guardian2_name="Ola Hansen", guardian2_phone="")
    assert "Phone of the second guardian: Fill this in." in words_of(answer)


def test_a_schoolchild_of_age_speaks_alone(client: FlaskClient, session: Session, march: March) -> None:
    answer = post(client, march, CHILD, birth_date="1996-09-01", step="send")
    assert answer.status_code == 302
    (person,) = anybody(session)
    assert (person.guardians, person.party.contact_email) == ([], "kari@example.org")


def test_a_stage_across_the_border_asks_for_a_document(
    client: FlaskClient, session: Session, crossing: March
) -> None:
    asked = post(client, crossing)
    assert "crosses the border on stage 2: write which document is shown there" in words_of(asked)
    assert "aria-invalid" not in asked.text

    assert post(client, crossing, **PASSPORT, step="send").status_code == 302
    (person,) = anybody(session)
    (document,) = person.documents
    assert (document.kind, document.number, document.issued_by) == (DocumentKind.PASSPORT, "ET 1234567", "NO")


def test_who_does_not_cross_the_border_is_asked_for_no_document(
    client: FlaskClient, session: Session, crossing: March
) -> None:
    first = str(crossing.stages[0].id)
    assert is_review(post(client, crossing, stages=[first]))
    post(client, crossing, stages=[first], **PASSPORT, step="send")
    assert anybody(session)[0].documents == []


def test_what_was_typed_into_a_closed_part_comes_back_with_it(client: FlaskClient, crossing: March) -> None:
    first = str(crossing.stages[0].id)
    closed = post(client, crossing, stages=[first], **PASSPORT, given_name="", step="review")
    assert '<input type="hidden" name="document_number" value="ET 1234567">' in closed.text


def test_a_document_must_be_valid_on_the_day_of_the_crossing(client: FlaskClient, crossing: March) -> None:
    too_short = post(client, crossing, **PASSPORT | {"document_expires_on": "2014-09-17"})
    assert "The document must still be valid on 18 September 2014, when stage 2 crosses" in words_of(
        too_short
    )
    assert is_review(post(client, crossing, **PASSPORT | {"document_expires_on": "2014-09-18"}))


def test_who_crosses_twice_needs_papers_for_the_way_back(
    client: FlaskClient, session: Session, crossing: March
) -> None:
    crossing.stages[2].crosses_border = True
    session.commit()
    child = {"country": "RU", "phone": "", "guardian_phone": "+47 406 00 002"}
    papers = PASSPORT | NOTARISED | {"document_expires_on": "2014-09-18", "notarised_to": "2014-09-18"}
    page = words_of(post(client, crossing, CHILD, **child | papers))
    assert "Valid until: The document must still be valid on 19 September 2014, when stage 3" in page
    assert "Consent valid to: The consent must hold on 19 September 2014, when stage 3" in page


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"document_number": ""}, "Number: Fill this in."),
        ({"document_kind": "library_card"}, "Travel document: Choose one from the list."),
        ({"document_country": "XX"}, "Issued by: Choose one from the list."),
        ({"document_expires_on": ""}, "Valid until: Write the date as 17.09.2001."),
        ({"document2_number": "V 1"}, "Second document: Choose one from the list."),
        ({"document2_kind": "passport"}, "This is the kind of the first document."),
    ],
)
def test_a_wrong_answer_about_papers_is_named(
    client: FlaskClient, crossing: March, changed: dict[str, str], words: str
) -> None:
    assert words in words_of(post(client, crossing, **PASSPORT | changed))


def test_a_document_that_is_missing_altogether_is_named_once(client: FlaskClient, crossing: March) -> None:
    page = words_of(post(client, crossing, **dict.fromkeys(PASSPORT, "")))
    assert "Travel document: Choose the document, or tick below that you add it later." in page
    assert not any(f"{label}: " in page for label in ("Number", "Issued by", "Valid until"))


def test_a_document_may_follow_later(client: FlaskClient, session: Session, crossing: March) -> None:
    nothing = dict.fromkeys(PASSPORT, "")
    assert post(client, crossing, **nothing, document_later="y", step="send").status_code == 302
    assert anybody(session)[0].documents == []
    half = nothing | {"document_kind": "visa"}
    assert "Number: Fill this in." in words_of(post(client, crossing, **half, document_later="y"))


def test_a_passport_and_a_visa_are_kept(client: FlaskClient, session: Session, crossing: March) -> None:
    visa = {
        "document2_kind": "visa",
        "document2_number": "V 77",
        "document2_country": "RU",
        "document2_expires_on": "01.10.2014",
    }
    post(client, crossing, **PASSPORT | visa, step="send")
    assert [document.kind for document in anybody(session)[0].documents] == ["passport", "visa"]


def test_a_minor_from_a_country_that_asks_for_it_needs_a_notary(
    client: FlaskClient, session: Session, crossing: March
) -> None:
    child = {"country": "RU", "phone": "", "guardian_phone": "+47 406 00 002"} | PASSPORT
    asked = post(client, crossing, CHILD, **child)
    assert "write which consent a notary has confirmed" in words_of(asked)

    assert post(client, crossing, CHILD, **child | NOTARISED, step="send").status_code == 302
    (person,) = anybody(session)
    assert person.notarised_consent is not None
    assert person.notarised_consent.states == "Norway"


def test_a_minor_from_another_country_needs_no_notary(client: FlaskClient, crossing: March) -> None:
    assert is_review(post(client, crossing, CHILD, **PASSPORT))


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"notarised_to": "2014-09-16"}, "This day is before the first one."),
        ({"notarised_to": "2014-09-17"}, "The consent must hold on 18 September 2014, when stage 2"),
        ({"notarised_states": ""}, "States that it names: Fill this in."),
    ],
)
def test_a_wrong_answer_about_the_notary_is_named(
    client: FlaskClient, crossing: March, changed: dict[str, str], words: str
) -> None:
    child = {"country": "RU", "phone": "", "guardian_phone": "+47 406 00 002"} | PASSPORT
    assert words in words_of(post(client, crossing, CHILD, **child | NOTARISED | changed))


def test_health_notes_and_documents_cannot_be_read_in_the_database(
    client: FlaskClient, session: Session, crossing: March
) -> None:
    post(client, crossing, **PASSPORT, health_notes="allergic to nuts", step="send")
    (person,) = anybody(session)
    assert person.health_notes == "allergic to nuts"
    connection = session.connection()
    row = connection.exec_driver_sql(
        "SELECT health_notes, number FROM participant JOIN travel_document"
        " ON travel_document.participant_id = participant.id"
    ).one()
    assert all(b"nuts" not in bytes(value) and b"1234567" not in bytes(value) for value in row)


def test_all_that_is_common_is_kept(client: FlaskClient, session: Session, march: March) -> None:
    common = {
        "native_name": "Кари",
        "spoken": ["no", "ru"],
        "other_language": "uk",
        "diet": "no meat",
        "knows_first_aid": "y",
    }
    review = post(client, march, **common)
    assert "Norwegian, Russian, Ukrainian" in words_of(review)
    post(client, march, **common, step="send")
    (person,) = anybody(session)
    assert person.spoken_languages == ["no", "ru", "uk"]
    assert (person.native_name, person.diet, person.knows_first_aid) == ("Кари", "no meat", True)


def test_languages_are_named_in_the_readers_own(client: FlaskClient, march: March) -> None:
    page = client.get("/marches/victory/sign-up/walker?lang=ru").text
    assert "Северносаамский" in page
    assert '<option value="uk">Украинский</option>' in page
