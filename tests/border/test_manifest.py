"""The border manifest: who lacks what, frozen versions and their difference, counts, and who may see it."""

from datetime import UTC, date, datetime
from io import BytesIO
from uuid import uuid4

import pytest
from openpyxl import load_workbook
from pypdf import PdfReader
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from marchapp.border import views
from marchapp.border.crossing import Lack, all_lines, overview_of, page_of_lines
from marchapp.border.services import NothingToFreeze, counts_of, difference, freeze, lines_of, note_count
from marchapp.border.worker import freeze_later
from marchapp.models import (
    AuditEvent,
    CountPlace,
    DocumentKind,
    ManifestCount,
    ManifestVersion,
    NotarisedConsent,
    Participant,
    TravelDocument,
)
from tests.factories import Cast, make_participant
from tests.queries import queries_of

PAGE = "/marches/victory/stages/1/border"
NUMBER = "ET7654321"
GROWN = date(1980, 5, 17)


def passport(expires_on: date = date(2020, 1, 1), number: str = NUMBER) -> TravelDocument:
    return TravelDocument(kind=DocumentKind.PASSPORT, number=number, issued_by="RU", expires_on=expires_on)


@pytest.fixture
def crossing(session: Session, cast: Cast) -> Cast:
    """The stage crosses a border, and its one walker has everything."""
    cast.stage.crosses_border = True
    cast.walker.documents = [passport()]
    session.commit()
    return cast


@pytest.fixture
def anna(session: Session, crossing: Cast) -> Participant:
    """A Russian schoolgirl with all papers, in a group."""
    anna = make_participant(
        session,
        crossing.march,
        crossing.stage,
        group=crossing.group,
        given_name="Anna",
        family_name="Orekhova",
        native_name="Анна Орехова",
        country="RU",
    )
    anna.documents = [passport(number="RU1234567")]
    anna.notarised_consent = NotarisedConsent(
        valid_from=date(2014, 9, 1), valid_to=date(2014, 9, 30), states="Норвегия"
    )
    session.commit()
    return anna


def lacks_of(session: Session, cast: Cast, person: Participant) -> set[str]:
    session.commit()
    [line] = [line for line in all_lines(session, cast.stage) if line.person_id == person.id]
    return set(line.lacks)


def frozen(session: Session, cast: Cast) -> ManifestVersion:
    version = freeze(
        session,
        stage=cast.stage,
        lines=all_lines(session, cast.stage),
        by=cast.coordinator,
        now=datetime(2014, 9, 17, 6, 0, tzinfo=UTC),
    )
    session.commit()
    return version


def test_nothing_is_missing_for_who_has_all_papers(
    session: Session, crossing: Cast, anna: Participant
) -> None:
    assert lacks_of(session, crossing, anna) == set()
    assert overview_of(session, crossing.stage).with_lacks == 0


def test_no_document_is_a_warning(session: Session, crossing: Cast, anna: Participant) -> None:
    anna.documents = []
    assert lacks_of(session, crossing, anna) == {Lack.NO_DOCUMENT}


def test_a_document_must_last_until_the_crossing_and_no_longer(
    session: Session, crossing: Cast, anna: Participant
) -> None:
    anna.documents = [passport(expires_on=crossing.stage.day)]
    assert lacks_of(session, crossing, anna) == set()
    anna.documents[0].expires_on = date(2014, 9, 16)
    assert lacks_of(session, crossing, anna) == {Lack.EXPIRED}


@pytest.mark.parametrize("consent", ["may_take_part", "may_cross_border"])
def test_a_missing_consent_is_a_warning(
    session: Session, crossing: Cast, anna: Participant, consent: str
) -> None:
    setattr(anna, consent, False)
    assert lacks_of(session, crossing, anna) == {Lack.NO_CONSENT}


def test_a_russian_minor_needs_a_notarised_consent_that_covers_the_day(
    session: Session, crossing: Cast, anna: Participant
) -> None:
    anna.notarised_consent.valid_to = date(2014, 9, 16)
    assert lacks_of(session, crossing, anna) == {Lack.NOTARY_DAYS}
    anna.notarised_consent = None
    assert lacks_of(session, crossing, anna) == {Lack.NO_NOTARY}
    anna.birth_date = date(1996, 9, 17)  # 18 on the first day
    assert lacks_of(session, crossing, anna) == set()


def test_a_name_in_cyrillic_and_a_group_are_asked_for(
    session: Session, crossing: Cast, anna: Participant
) -> None:
    anna.native_name = ""
    assert lacks_of(session, crossing, anna) == {Lack.NO_NATIVE_NAME}
    loner = make_participant(session, crossing.march, crossing.stage, birth_date=GROWN)
    assert lacks_of(session, crossing, loner) == {Lack.NO_DOCUMENT, Lack.NO_GROUP}


def test_only_who_walks_the_stage_and_has_a_place_crosses(session: Session, crossing: Cast) -> None:
    make_participant(session, crossing.march)
    make_participant(session, crossing.march, crossing.stage, cancelled_at=datetime.now(UTC))
    session.commit()
    assert [line.person_id for line in all_lines(session, crossing.stage)] == [crossing.walker.id]


def test_who_lacks_something_stands_first(session: Session, crossing: Cast, anna: Participant) -> None:
    anna.documents = []
    session.commit()
    found = overview_of(session, crossing.stage)
    lines, total = page_of_lines(session, crossing.stage, found, lack=None, text="", page=1)
    assert total == 2
    assert lines[0].person_id == anna.id
    lines, total = page_of_lines(session, crossing.stage, found, lack=Lack.NO_DOCUMENT, text="", page=1)
    assert ([line.person_id for line in lines], total) == ([anna.id], 1)


def test_versions_are_numbered_and_only_a_change_makes_one(
    session: Session, crossing: Cast, anna: Participant
) -> None:
    assert frozen(session, crossing).number == 1
    with pytest.raises(NothingToFreeze):
        frozen(session, crossing)
    session.rollback()
    anna.documents[0].expires_on = date(2014, 9, 1)
    session.commit()
    second = frozen(session, crossing)
    assert (second.number, second.people, second.warnings) == (2, 2, 1)


def test_the_difference_names_who_came_left_and_changed(
    session: Session, crossing: Cast, anna: Participant
) -> None:
    before = lines_of(frozen(session, crossing))
    anna.documents = [passport(number="RU9999999")]
    session.delete(crossing.walker.entries[0])
    new = make_participant(session, crossing.march, crossing.stage, birth_date=GROWN)
    session.commit()
    found = difference(before, all_lines(session, crossing.stage))
    assert [line.person_id for line in found.added] == [new.id]
    assert [line.person_id for line in found.removed] == [crossing.walker.id]
    assert [(one.line.person_id, one.fields) for one in found.changed] == [(anna.id, ("papers",))]


def test_a_version_stays_as_it_was(session: Session, crossing: Cast, anna: Participant) -> None:
    version = frozen(session, crossing)
    anna.family_name = "Petrova"
    session.commit()
    assert "Orekhova" in {line.family_name for line in lines_of(version)}


def test_the_database_holds_a_version_encrypted(session: Session, crossing: Cast) -> None:
    frozen(session, crossing)
    stored = bytes(session.scalar(text("SELECT content FROM manifest_version")))
    assert stored[:2] != b"\x1f\x8b"  # not even as gzip
    assert NUMBER.encode() not in stored


def note(session: Session, cast: Cast, place: CountPlace, counted: int, **given) -> ManifestCount:
    values = {"remark": "", "submission_key": str(uuid4()), "now": datetime.now(UTC)} | given
    return note_count(session, stage=cast.stage, place=place, counted=counted, by=cast.coordinator, **values)


def test_each_count_expects_what_was_counted_before(
    session: Session, crossing: Cast, anna: Participant
) -> None:
    frozen(session, crossing)
    assert note(session, crossing, CountPlace.OUT, 1).expected == 2
    assert note(session, crossing, CountPlace.IN, 1).expected == 1
    assert note(session, crossing, CountPlace.BACK_IN, 1).expected == 1


def test_a_count_is_corrected_and_not_overwritten(session: Session, crossing: Cast) -> None:
    note(session, crossing, CountPlace.OUT, 5)
    note(session, crossing, CountPlace.OUT, 1)
    assert [count.counted for count in counts_of(session, crossing.stage)[CountPlace.OUT]] == [1, 5]


def test_the_same_count_sent_twice_counts_once(session: Session, crossing: Cast) -> None:
    key = str(uuid4())
    first = note(session, crossing, CountPlace.OUT, 1, submission_key=key)
    assert note(session, crossing, CountPlace.OUT, 1, submission_key=key) is first


def test_each_look_is_recorded(session: Session, crossing: Cast, sign_in) -> None:
    frozen(session, crossing)
    client = sign_in(crossing.coordinator)
    assert NUMBER in client.get(PAGE).text
    answer = client.get(f"{PAGE}/versions/1")
    assert NUMBER in answer.text
    assert "no-store" in answer.headers["Cache-Control"]
    seen = session.scalars(select(AuditEvent).where(AuditEvent.action == "manifest.seen")).all()
    assert [event.details["version"] for event in seen] == [None, 1]
    assert {event.account_id for event in seen} == {crossing.coordinator.id}


@pytest.mark.parametrize("address", [PAGE, f"{PAGE}/versions/1"])
def test_only_coordinators_of_the_march_see_the_manifest(
    session: Session, crossing: Cast, sign_in, address: str
) -> None:
    frozen(session, crossing)
    for stranger in (crossing.guide, crossing.other_coordinator):
        client = sign_in(stranger)
        assert client.get(address).status_code == 403
        assert client.post(f"{PAGE}/versions").status_code == 403
        assert client.post(f"{PAGE}/versions/1").status_code == 403
        assert client.post(f"{PAGE}/counts").status_code == 403
    assert not session.scalars(select(AuditEvent).where(AuditEvent.action == "manifest.seen")).all()


def test_a_stage_that_stays_in_its_country_has_no_manifest(cast: Cast, sign_in) -> None:
    assert sign_in(cast.coordinator).get(PAGE).status_code == 404


def test_a_coordinator_freezes_and_counts(session: Session, crossing: Cast, sign_in) -> None:
    client = sign_in(crossing.coordinator)
    answer = client.post(f"{PAGE}/versions", follow_redirects=True)
    assert "Version 1 is frozen" in answer.text
    assert "Nothing has changed" in client.post(f"{PAGE}/versions", follow_redirects=True).text
    form = {"place": "out", "counted": "0", "remark": "bus", "submission_key": str(uuid4())}
    assert "1 is missing" in client.post(f"{PAGE}/counts", data=form, follow_redirects=True).text


def test_many_people_are_frozen_by_the_worker(
    session: Session, crossing: Cast, sign_in, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "MOST_FROZEN_AT_ONCE", 0)
    answer = sign_in(crossing.coordinator).post(f"{PAGE}/versions", follow_redirects=True)
    assert "The list is being frozen" in answer.text
    for _time in range(2):  # pressed twice, it makes one version
        freeze_later(stage_id=crossing.stage.id, account_id=crossing.coordinator.id)
    [version] = session.scalars(select(ManifestVersion))
    assert (version.number, version.people, version.frozen_by_id) == (1, 1, crossing.coordinator.id)


@pytest.mark.parametrize("counted", ["", "many", "-1"])
def test_a_count_that_is_none_is_refused_and_kept(crossing: Cast, sign_in, counted: str) -> None:
    form = {"place": "in", "counted": counted, "remark": "the second bus", "submission_key": str(uuid4())}
    page = sign_in(crossing.coordinator).post(f"{PAGE}/counts", data=form).text
    assert "Nothing you wrote is lost" in page
    assert "the second bus" in page


@pytest.mark.parametrize("language", ["en", "nb", "ru"])
def test_the_pdf_has_names_in_both_scripts_and_warnings_first(
    session: Session, crossing: Cast, anna: Participant, sign_in, language: str
) -> None:
    crossing.walker.documents = []
    session.commit()
    frozen(session, crossing)
    answer = sign_in(crossing.coordinator).post(
        f"{PAGE}/versions/1", data={"format": "pdf", "language": language}
    )
    pages = [page.extract_text() for page in PdfReader(BytesIO(answer.data)).pages]
    assert crossing.walker.family_name in pages[0]
    assert "Orekhova" not in pages[0]
    for wanted in ("Anna Orekhova", "Анна Орехова", "RU1234567", "01.01.2020"):
        assert wanted in pages[-1]
    [event] = session.scalars(select(AuditEvent).where(AuditEvent.action == "manifest.downloaded"))
    assert (event.details["of"]["version"], event.details["language"]) == (1, language)


def test_the_spreadsheet_says_what_changed(
    session: Session, crossing: Cast, anna: Participant, sign_in
) -> None:
    frozen(session, crossing)
    anna.documents = []
    session.commit()
    frozen(session, crossing)
    client = sign_in(crossing.coordinator)
    answer = client.post(f"{PAGE}/versions/2", data={"format": "xlsx", "language": "en"})
    book = load_workbook(BytesIO(answer.data))
    assert book.sheetnames == ["Warnings", "Manifest", "What changed"]
    assert book["What changed"]["A2"].value == "Changed for Anna Orekhova: document."
    assert book["Warnings"]["F2"].value == "Анна Орехова"


def test_pages_of_the_manifest_ask_few_questions(
    session: Session, crossing: Cast, anna: Participant, sign_in
) -> None:
    frozen(session, crossing)
    client = sign_in(crossing.coordinator)
    session.rollback()  # the page writes that it was seen, and must not wait for us
    before = queries_of(client, PAGE), queries_of(client, f"{PAGE}/versions/1")
    for _number in range(5):
        person = make_participant(session, crossing.march, crossing.stage, birth_date=GROWN)
        person.documents = [passport()]
    session.commit()
    assert (queries_of(client, PAGE), queries_of(client, f"{PAGE}/versions/1")) == before
