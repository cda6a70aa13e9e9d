"""The page behind a guardian's link, and every link that does not open it."""

import re
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from marchapp.models import Answer, ConsentAnswer, Message, PrivateLink, Purpose, StageEntry, Standing
from marchapp.models.link import give_link
from marchapp.registration.consent.texts import current_texts, write_text
from tests.registration.consent.conftest import ALWAYS, NOW, Family, consents, let_answer, link_of


def path(link: PrivateLink) -> str:
    return f"/consents/{link.secret}"


def filled(session: Session, family: Family, **changed: Any) -> dict[str, Any]:
    """Return what a browser sends for a form in which everything is answered with yes."""
    texts = current_texts(session, family.march)
    sent: dict[str, Any] = {"typed_name": "Siri Hansen"}
    for purpose in ALWAYS:
        sent |= {purpose.value: "yes", f"text_{purpose}": str(texts[purpose].id)}
    return {name: value for name, value in (sent | changed).items() if value is not None}


def post(client: FlaskClient, link: PrivateLink, sent: dict[str, Any]) -> TestResponse:
    return client.post(path(link), data=sent)


def answers(session: Session) -> list[tuple[Purpose, Answer]]:
    session.expire_all()
    in_order = select(ConsentAnswer).order_by(ConsentAnswer.id)
    return [(one.purpose, one.answer) for one in session.scalars(in_order)]


def test_a_guardian_sees_the_child_and_the_exact_texts(
    session: Session, family: Family, client: FlaskClient
) -> None:
    link = link_of(session, family.mother)
    texts = current_texts(session, family.march)
    session.commit()
    answer = client.get(path(link))
    page = " ".join(answer.text.split())
    assert family.child.name in page
    for purpose in ALWAYS:
        assert texts[purpose].text["nb"].split("\n\n")[0] in page
    assert texts[Purpose.BORDER_CROSSING].text["nb"].split("\n\n")[0] not in page
    assert "checked" not in page
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(("who", "language"), [("mother", "nb"), ("father", "ru")])
def test_the_page_speaks_the_guardians_language(
    session: Session, family: Family, client: FlaskClient, who: str, language: str
) -> None:
    link = link_of(session, getattr(family, who))
    session.commit()
    english = {"Accept-Language": "en"}
    assert f'<html lang="{language}">' in client.get(path(link), headers=english).text
    assert '<html lang="en">' in client.get(f"{path(link)}?lang=en", headers=english).text


def test_answers_are_stored_one_by_one(session: Session, family: Family, client: FlaskClient) -> None:
    link = link_of(session, family.mother)
    sent = filled(session, family, photographs="no", child="yes", child_name="Mari")
    session.commit()
    assert post(client, link, sent).location == path(link)
    assert answers(session) == [
        (Purpose.TAKING_PART, Answer.GIVEN),
        (Purpose.EMERGENCY_TREATMENT, Answer.GIVEN),
        (Purpose.PHOTOGRAPHS, Answer.REFUSED),
        (Purpose.GPS_RECORDING, Answer.GIVEN),
        (Purpose.TAKING_PART, Answer.GIVEN),
    ]
    found = consents(session, family.child)
    assert found.of(family.mother, Purpose.TAKING_PART).answer.language == "nb"
    assert (found.assent.answer.typed_name, found.assent.holds) == ("Mari", True)


@pytest.mark.parametrize(
    "wrong",
    [
        {"photographs": None},
        {"photographs": ""},
        {"photographs": "maybe"},
        {"typed_name": ""},
        {"typed_name": "x" * 161},
        {"child": "yes"},
        {"child": "perhaps", "child_name": "Mari"},
    ],
)
def test_what_is_left_open_is_asked_for_and_nothing_is_stored(
    session: Session, family: Family, client: FlaskClient, wrong: dict[str, Any]
) -> None:
    link = link_of(session, family.mother)
    sent = filled(session, family, **wrong)
    session.commit()
    answer = post(client, link, sent)
    assert (answer.status_code, answers(session)) == (200, [])
    assert 'class="error"' in answer.text
    kept = "emergency_treatment"
    assert re.search(rf'checked[^>]*name="{kept}"', answer.text)  # what was chosen is not lost


def test_a_used_link_shows_the_answers_and_takes_no_more(
    session: Session, family: Family, client: FlaskClient
) -> None:
    link = link_of(session, family.mother)
    sent = filled(session, family)
    session.commit()
    post(client, link, sent)
    again = post(client, link, sent | {"photographs": "no"})
    assert again.status_code == 200
    assert len(answers(session)) == len(ALWAYS)
    page = client.get(path(link)).text
    assert "<form" in page
    assert 'name="typed_name"' not in page
    assert family.child.birth_date.isoformat() not in page


def test_a_form_sent_twice_at_once_is_answered_once(
    session: Session, family: Family, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second post has read the link before the first one used it."""
    from marchapp.registration.consent import pages

    link = link_of(session, family.mother)
    sent = filled(session, family)
    session.commit()
    store = pages._store

    def twice(*arguments: Any) -> Any:
        store(*arguments)
        return store(*arguments)

    monkeypatch.setattr(pages, "_store", twice)
    assert post(client, link, sent).location == path(link)
    assert len(answers(session)) == len(ALWAYS)


def test_a_new_link_goes_to_the_guardians_own_address(
    session: Session, family: Family, client: FlaskClient
) -> None:
    old = link_of(session, family.mother)
    old.used_at = old.created_at = NOW - timedelta(days=1)
    session.commit()
    assert client.post(f"{path(old)}/new-link").location == path(old)
    new = link_of(session, family.mother)
    assert new.id != old.id
    letter = session.scalars(select(Message).order_by(Message.id.desc())).first()
    assert (letter.recipient, letter.kind) == (family.mother.email, "consent_asked")
    assert new.secret not in letter.text  # the database must not hold what opens the page
    client.post(f"{path(old)}/new-link")
    assert link_of(session, family.mother).id == new.id  # sent a moment ago


def test_answers_change_behind_a_new_link_and_the_others_stay(
    session: Session, family: Family, client: FlaskClient
) -> None:
    let_answer(session, family.mother)
    link = give_link(session, family.mother, now=NOW, expires_at=NOW + timedelta(days=30))
    sent = {
        "typed_name": "Siri Hansen",
        "photographs": "no",
        "text_photographs": str(current_texts(session, family.march)[Purpose.PHOTOGRAPHS].id),
    }
    session.commit()
    post(client, link, sent)
    assert answers(session)[-1] == (Purpose.PHOTOGRAPHS, Answer.WITHDRAWN)
    assert len(answers(session)) == len(ALWAYS) + 1


def test_a_form_that_changes_nothing_does_not_use_the_link(
    session: Session, family: Family, client: FlaskClient
) -> None:
    let_answer(session, family.mother)
    link = give_link(session, family.mother, now=NOW, expires_at=NOW + timedelta(days=30))
    session.commit()
    answer = post(client, link, {"typed_name": "Siri Hansen"})
    assert "notice-problem" in answer.text
    assert len(answers(session)) == len(ALWAYS)
    assert link.used_at is None


def test_an_expired_link_shows_nothing_of_the_child_and_offers_a_new_one(
    session: Session, family: Family, client: FlaskClient
) -> None:
    link = link_of(session, family.mother)
    link.expires_at = NOW - timedelta(seconds=1)
    sent = filled(session, family)
    session.commit()
    for answer in (client.get(path(link)), post(client, link, sent)):
        assert answer.status_code == 200
        assert family.child.family_name not in answer.text
        assert f"{path(link)}/new-link" in answer.text
    assert answers(session) == []


def test_links_that_are_altered_or_anothers_open_nothing(
    session: Session, family: Family, client: FlaskClient
) -> None:
    link = link_of(session, family.mother)
    of_party = give_link(session, family.child.party, now=NOW, expires_at=NOW + timedelta(days=1))
    of_child = give_link(session, family.child, now=NOW, expires_at=NOW + timedelta(days=1))
    session.commit()
    altered = link.secret[:-1] + ("0" if link.secret[-1] != "0" else "1")
    for secret in (altered, link.secret_hash, link.nonce, of_party.secret, of_child.secret):
        assert client.get(f"/consents/{secret}").status_code == 404
        assert client.post(f"/consents/{secret}", data={}).status_code == 404
        assert client.post(f"/consents/{secret}/new-link").status_code == 404
    assert client.get(f"/registrations/{link.secret}").status_code == 404


def test_a_link_to_an_address_that_was_wrong_is_gone(
    session: Session, family: Family, client: FlaskClient
) -> None:
    link = link_of(session, family.mother)
    link.revoked_at = NOW
    session.commit()
    assert client.get(path(link)).status_code == 410
    assert client.post(f"{path(link)}/new-link").status_code == 410


def test_the_link_of_one_child_answers_for_no_other(
    session: Session, family: Family, client: FlaskClient
) -> None:
    """A guardian of two children has a link for each; both forms look the same."""
    link = link_of(session, family.mother)
    sent = filled(session, family, participant_id="999", guardian_id=str(family.father.id))
    session.commit()
    post(client, link, sent)
    given_by = set(session.scalars(select(ConsentAnswer.guardian_id)))
    assert given_by == {family.mother.id}


def test_a_text_that_changed_while_reading_is_read_again(
    session: Session, family: Family, client: FlaskClient
) -> None:
    link = link_of(session, family.mother)
    sent = filled(session, family)
    new = write_text(
        session,
        family.march,
        Purpose.PHOTOGRAPHS,
        {"nb": "Bare til eget bruk."},
        instead_of=1,
        by=family.coordinator,
        now=NOW,
    )
    session.commit()
    answer = post(client, link, sent)
    assert answers(session) == []
    assert "Bare til eget bruk." in answer.text
    sent["text_photographs"] = str(new.id)
    assert f'value="{new.id}"' in answer.text
    assert post(client, link, sent).status_code == 302
    assert len(answers(session)) == len(ALWAYS)


@pytest.mark.parametrize("text_id", ["", "0", "x", "99999999999999999999"])
def test_an_answer_without_its_text_is_not_taken(
    session: Session, family: Family, client: FlaskClient, text_id: str
) -> None:
    link = link_of(session, family.mother)
    sent = filled(session, family, text_photographs=text_id)
    session.commit()
    assert post(client, link, sent).status_code == 200
    assert answers(session) == []


def test_a_cancelled_child_is_not_asked_about(session: Session, family: Family, client: FlaskClient) -> None:
    link = link_of(session, family.mother)
    family.child.standing, family.child.cancelled_at = Standing.CANCELLED, NOW
    sent = filled(session, family)
    session.commit()
    assert post(client, link, sent).status_code == 200
    assert family.child.family_name not in client.get(path(link)).text
    assert answers(session) == []


def test_who_has_consented_learns_what_the_border_still_asks_for(
    session: Session, family: Family, client: FlaskClient
) -> None:
    link = link_of(session, family.mother)
    for guardian in family.child.guardians:
        let_answer(session, guardian)
    session.commit()
    assert "Nothing more needs to be done now." in client.get(f"{path(link)}?lang=en").text
    family.child.entries.append(StageEntry(stage_id=family.abroad.id))
    session.commit()
    page = client.get(f"{path(link)}?lang=en").text
    assert "For the border something is still missing." in page
    assert "A travel document: stage 2 crosses the border" in page
    assert "Nothing more needs to be done" not in page
