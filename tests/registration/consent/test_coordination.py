"""What coordinators see of consents and record about them, and who is kept out."""

from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from marchapp.models import (
    Answer,
    AuditEvent,
    ConsentAnswer,
    ConsentScan,
    ConsentText,
    NotarisedConsent,
    Purpose,
    Role,
    StageEntry,
)
from marchapp.registration.consent import services
from marchapp.registration.consent.scans import LARGEST_MIB
from marchapp.registration.consent.state import State
from marchapp.registration.consent.texts import current_texts, write_text
from tests.factories import make_account, make_march
from tests.queries import queries_of
from tests.registration.consent.conftest import ALWAYS, NOW, Family, consents, let_answer, make_child

PDF = b"%PDF-1.7\nsigned by hand"
PNG = b"\x89PNG\r\n\x1a\nsigned by hand"


def paper(session: Session, family: Family, content: bytes = PDF, **changed: Any) -> dict[str, Any]:
    texts = current_texts(session, family.march)
    sent: dict[str, Any] = {"typed_name": "Siri Hansen", "language": "nb"}
    for purpose in ALWAYS:
        sent |= {purpose.value: "yes", f"text_{purpose}": str(texts[purpose].id)}
    return sent | {"scan": (BytesIO(content), "form.pdf")} | changed


def base(family: Family) -> str:
    return f"/participants/{family.child.id}/consents"


def test_every_page_about_consents_is_for_coordinators_of_the_march(
    session: Session, family: Family, sign_in, client: FlaskClient
) -> None:
    other = make_account(session, "Olav Elsewhere", make_march(session), Role.COORDINATOR)
    guide = make_account(session, "Gunn Guide", family.march)
    scan = ConsentScan(participant_id=family.child.id, media_type="image/png", content=PNG, uploaded_at=NOW)
    session.add(scan)
    session.commit()
    read = [
        "/marches/victory/consents",
        "/marches/victory/consents/texts",
        "/marches/victory/consents/texts/photographs",
        base(family),
        f"{base(family)}/paper?by={family.mother.id}",
        f"{base(family)}/print?by={family.mother.id}",
        f"{base(family)}/withdraw",
    ]
    write = [
        f"{base(family)}/scans/{scan.id}",
        f"{base(family)}/link",
        f"{base(family)}/notary",
        f"{base(family)}/withdraw",
        f"{base(family)}/paper?by={family.mother.id}",
        "/marches/victory/consents/texts/photographs",
    ]
    session.commit()
    for address in read:
        assert client.get(address).status_code == 302, address
    for account in (other, guide):
        sign_in(account)
        assert {client.get(address).status_code for address in read} == {403}
        assert {client.post(address).status_code for address in write} == {403}
    sign_in(family.coordinator)
    assert {client.get(address).status_code for address in read} == {200}


def test_the_list_shows_first_whose_consent_is_missing(session: Session, family: Family, sign_in) -> None:
    settled = make_child(session, family.march, family.home, family_name="Settled")
    services.ask(session, [settled], now=NOW)
    settled.may_take_part = True
    session.commit()
    client = sign_in(family.coordinator)
    page = client.get("/marches/victory/consents").text
    assert family.child.name in page
    assert "Settled" not in page
    assert "Settled" in client.get("/marches/victory/consents?show=all").text
    assert family.child.name not in client.get("/marches/victory/consents?show=denied").text
    assert client.get("/marches/victory/consents?show=nonsense&page=x").status_code == 200
    let_answer(session, family.father, no=[Purpose.TAKING_PART])
    assert family.child.name in client.get("/marches/victory/consents?show=denied").text
    let_answer(session, family.father, now=NOW + timedelta(hours=1))
    assert family.child.name not in client.get("/marches/victory/consents?show=denied").text


def test_the_list_shows_who_walks_across_the_border_without_consent_to_it(
    session: Session, family: Family, sign_in
) -> None:
    family.child.entries.append(StageEntry(stage_id=family.abroad.id))
    for guardian in family.child.guardians:
        let_answer(session, guardian)
    assert family.child.may_take_part
    assert family.child.name in sign_in(family.coordinator).get("/marches/victory/consents").text


def test_the_list_asks_the_database_as_often_for_many_as_for_one(
    session: Session, family: Family, sign_in
) -> None:
    client = sign_in(family.coordinator)
    session.commit()
    one = queries_of(client, "/marches/victory/consents?show=all")
    for number in range(30):
        child = make_child(session, family.march, family.home, family_name=f"Berg{number}")
        services.ask(session, [child], now=NOW)
    session.commit()
    assert queries_of(client, "/marches/victory/consents?show=all") == one


def test_a_paper_is_recorded_with_its_scan(session: Session, family: Family, sign_in) -> None:
    client = sign_in(family.coordinator)
    sent = paper(session, family, photographs="no")
    session.commit()
    answer = client.post(f"{base(family)}/paper?by={family.mother.id}", data=sent)
    assert answer.location == base(family)
    found = consents(session, family.child)
    assert found.of(family.mother, Purpose.TAKING_PART).state == State.GIVEN
    assert found.of(family.mother, Purpose.PHOTOGRAPHS).state == State.REFUSED
    assert found.of(family.father, Purpose.TAKING_PART).state == State.ASKED
    kept = found.of(family.mother, Purpose.TAKING_PART).answer
    scan = session.get(ConsentScan, kept.scan_id)
    assert (kept.recorded_by_id, scan.media_type, scan.content) == (
        family.coordinator.id,
        "application/pdf",
        PDF,
    )
    page = client.get(base(family)).text
    assert f"{base(family)}/scans/{scan.id}" in page


def test_a_paper_with_an_older_text_is_recorded_as_such(session: Session, family: Family, sign_in) -> None:
    client = sign_in(family.coordinator)
    old = paper(session, family)
    words = {"en": "Other."}
    write_text(
        session, family.march, Purpose.PHOTOGRAPHS, words, instead_of=1, by=family.coordinator, now=NOW
    )
    session.commit()
    page = client.get(f"{base(family)}/paper?by={family.mother.id}").text
    assert "Version of the text on the paper" in page
    newest = current_texts(session, family.march)[Purpose.PHOTOGRAPHS].id
    assert f'<option selected value="{newest}">' in page
    session.commit()
    client.post(f"{base(family)}/paper?by={family.mother.id}", data=old)
    found = consents(session, family.child).of(family.mother, Purpose.PHOTOGRAPHS).answer
    assert found is not None
    assert (found.text.version, found.answer) == (1, Answer.GIVEN)


def test_a_text_of_another_purpose_is_not_taken_for_a_paper(
    session: Session, family: Family, sign_in
) -> None:
    texts = current_texts(session, family.march)
    sent = paper(session, family, text_photographs=str(texts[Purpose.TAKING_PART].id))
    session.commit()
    sign_in(family.coordinator).post(f"{base(family)}/paper?by={family.mother.id}", data=sent)
    assert session.scalars(select(ConsentAnswer)).all() == []


def test_the_child_signs_on_paper_too(session: Session, family: Family, sign_in) -> None:
    client = sign_in(family.coordinator)
    sent = paper(session, family, PNG, typed_name="Mari", taking_part="no")
    session.commit()
    assert client.post(f"{base(family)}/paper?by=child", data=sent).status_code == 302
    found = consents(session, family.child)
    assert found.assent.is_denied
    assert found.of(family.mother, Purpose.TAKING_PART).state == State.ASKED


def test_a_scan_is_not_readable_in_the_database(session: Session, family: Family, sign_in) -> None:
    sent = paper(session, family)
    session.commit()
    sign_in(family.coordinator).post(f"{base(family)}/paper?by={family.mother.id}", data=sent)
    [stored] = session.scalars(text("SELECT content FROM consent_scan"))
    assert b"signed by hand" not in bytes(stored)


@pytest.mark.parametrize(
    "wrong",
    [
        {"scan": (BytesIO(b"<html><script>"), "form.pdf")},
        {"scan": (BytesIO(b""), "form.pdf")},
        {"scan": (BytesIO(b"GIF89a"), "form.png")},
        {"scan": (BytesIO(PNG + bytes(LARGEST_MIB * 1024 * 1024)), "form.png")},
        {"scan": ""},
        {"typed_name": ""},
        {"language": "xx"},
        {purpose.value: "" for purpose in ALWAYS},
        {"text_photographs": "0"},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
def test_a_paper_that_says_nothing_or_has_no_scan_is_refused(
    session: Session, family: Family, sign_in, wrong: dict[str, Any]
) -> None:
    sent = paper(session, family, **wrong)
    session.commit()
    answer = sign_in(family.coordinator).post(f"{base(family)}/paper?by={family.mother.id}", data=sent)
    assert answer.status_code == 200
    assert "notice-problem" in answer.text
    assert session.scalars(select(ConsentAnswer)).all() == []
    assert session.scalars(select(ConsentScan.id)).all() == []


def test_opening_a_scan_is_recorded(session: Session, family: Family, sign_in) -> None:
    scan = ConsentScan(participant_id=family.child.id, media_type="image/png", content=PNG, uploaded_at=NOW)
    other = make_child(session, family.march, family.home, family_name="Other")
    session.add(scan)
    session.commit()
    client = sign_in(family.coordinator)
    address = f"{base(family)}/scans/{scan.id}"
    assert client.get(address).status_code == 405
    assert client.post(f"/participants/{other.id}/consents/scans/{scan.id}").status_code == 404
    answer = client.post(address)
    assert (answer.data, answer.mimetype) == (PNG, "image/png")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["Cache-Control"] == "no-store"
    [event] = session.scalars(select(AuditEvent).where(AuditEvent.action == "consent_scan.opened"))
    assert (event.account_id, event.details) == (family.coordinator.id, {"scan": scan.id})


def test_a_guardian_of_another_child_cannot_be_named(session: Session, family: Family, sign_in) -> None:
    other = make_child(session, family.march, family.home, family_name="Other")
    session.commit()
    client = sign_in(family.coordinator)
    of_other = f"/participants/{other.id}/consents"
    for by in (family.mother.id, 0, "x", ""):
        assert client.get(f"{of_other}/paper?by={by}").status_code == 404
        assert client.get(f"{of_other}/print?by={by}").status_code == 404
        assert client.post(f"{of_other}/link", data={"guardian": by}).status_code == 404


def test_the_form_to_print_is_in_the_language_of_whoever_signs(
    session: Session, family: Family, sign_in
) -> None:
    client = sign_in(family.coordinator)
    client.set_cookie("language", "nb")
    texts = current_texts(session, family.march)
    stage = family.home.name["en"]
    session.commit()
    for by, language in ((family.mother.id, "nb"), (family.father.id, "ru")):
        page = client.get(f"{base(family)}/print?by={by}").text
        assert f'<html lang="{language}">' in page
        assert texts[Purpose.PHOTOGRAPHS].text[language].split("\n\n")[0] in page
        assert stage in page
    of_child = client.get(f"{base(family)}/print?by=child").text
    assert texts[Purpose.TAKING_PART].text["nb"].split("\n\n")[0] in of_child
    assert texts[Purpose.PHOTOGRAPHS].text["nb"].split("\n\n")[0] not in of_child


def test_a_small_child_has_no_paper_of_its_own(session: Session, family: Family, sign_in) -> None:
    family.march.assent_age = 15
    session.commit()
    assert sign_in(family.coordinator).get(f"{base(family)}/paper?by=child").status_code == 404


def test_a_coordinator_sends_a_link_again(session: Session, family: Family, sign_in) -> None:
    from marchapp.models import PrivateLink

    for link in session.scalars(select(PrivateLink)):
        link.created_at = NOW - timedelta(days=1)
    session.commit()
    client = sign_in(family.coordinator)
    client.post(f"{base(family)}/link", data={"guardian": family.mother.id})
    [event] = session.scalars(select(AuditEvent).where(AuditEvent.action == "consent.link_sent"))
    assert event.account_id == family.coordinator.id


def test_a_withdrawal_that_was_told_needs_its_reason(session: Session, family: Family, sign_in) -> None:
    let_answer(session, family.mother)
    client = sign_in(family.coordinator)
    address = f"{base(family)}/withdraw"
    for wrong in (
        {"consent": "1-taking_part", "reason": ""},
        {"consent": "2-taking_part", "reason": "Called"},
        {"consent": "1-x", "reason": "Called"},
    ):
        assert client.post(address, data=wrong).status_code == 200
    assert client.post(address, data={"consent": "1-taking_part", "reason": "Called"}).status_code == 302
    found = consents(session, family.child).of(family.mother, Purpose.TAKING_PART)
    assert (found.state, found.answer.recorded_by_id) == (State.WITHDRAWN, family.coordinator.id)


def test_the_paper_of_the_notary_is_ticked_when_seen(session: Session, family: Family, sign_in) -> None:
    client = sign_in(family.coordinator)
    assert client.post(f"{base(family)}/notary").status_code == 404
    family.child.entries.append(StageEntry(stage_id=family.abroad.id))
    family.child.country = "RU"
    session.commit()
    assert 'id="notary"' in client.get(base(family)).text
    family.child.notarised_consent = NotarisedConsent(
        valid_from=family.march.starts_on, valid_to=family.march.ends_on, states="Norway"
    )
    session.commit()
    client.post(f"{base(family)}/notary")
    session.expire_all()
    assert family.child.notarised_consent.seen_by_id == family.coordinator.id
    assert family.coordinator.name in client.get(base(family)).text
    client.post(f"{base(family)}/notary")
    session.expire_all()
    assert family.child.notarised_consent.seen_at is None


def test_a_text_is_looked_at_before_it_is_saved(session: Session, family: Family, sign_in) -> None:
    client = sign_in(family.coordinator)
    address = "/marches/victory/consents/texts/photographs"
    new = {
        "text-en": "First  part.\r\n\r\n\r\nSecond <b>part</b>.",
        "text-nb": "",
        "text-ru": "",
        "version": "1",
    }
    session.commit()

    def digest_in(page: str) -> str:
        return page.partition('name="looked_at" type="hidden" value="')[2].partition('"')[0]

    looked_at = client.post(address, data=new).text
    assert "Second &lt;b&gt;part&lt;/b&gt;." in looked_at
    assert len(session.scalars(select(ConsentText.id)).all()) == len(Purpose)
    session.commit()

    other = client.post(
        address, data=new | {"text-en": "Something else.", "looked_at": digest_in(looked_at)}
    ).text
    assert digest_in(other) not in ("", digest_in(looked_at))
    assert len(session.scalars(select(ConsentText.id)).all()) == len(Purpose)
    session.commit()

    saved = client.post(address, data=new | {"looked_at": digest_in(looked_at)})
    assert saved.status_code == 302
    session.expire_all()
    text = current_texts(session, family.march)[Purpose.PHOTOGRAPHS]
    assert (text.version, text.text) == (2, {"en": "First part.\n\nSecond <b>part</b>."})
    assert text.written_by_id == family.coordinator.id
    assert family.march.consents_checked_to == 0


def test_a_text_that_somebody_else_wrote_meanwhile_is_not_overwritten(
    session: Session, family: Family, sign_in
) -> None:
    client = sign_in(family.coordinator)
    address = "/marches/victory/consents/texts/photographs"
    for english in ("One.", "Two."):
        from marchapp.registration.consent.texts import digest_of

        sent = {
            "text-en": english,
            "text-nb": "",
            "text-ru": "",
            "version": "1",
            "looked_at": digest_of({"en": english}),
        }
        session.commit()
        answer = client.post(address, data=sent)
    assert answer.status_code == 200
    session.expire_all()
    assert current_texts(session, family.march)[Purpose.PHOTOGRAPHS].text == {"en": "One."}
    assert client.get("/marches/victory/consents/texts/nonsense").status_code == 404


def test_what_was_answered_shows_with_its_whole_history(session: Session, family: Family, sign_in) -> None:
    let_answer(session, family.mother, child=True)
    let_answer(session, family.mother, no=[Purpose.PHOTOGRAPHS], yes=[], now=NOW + timedelta(hours=1))
    kept = session.scalars(select(ConsentAnswer)).all()
    assert [one.answer for one in kept].count(Answer.WITHDRAWN) == 1
    page = sign_in(family.coordinator).get(base(family)).text
    assert page.count("SHA-256") == len(kept)
