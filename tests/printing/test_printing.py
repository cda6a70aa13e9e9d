"""Rosters, badges, sign-in sheets and lists of a stage: what stands in them, and who may have them."""

from datetime import UTC, datetime
from io import BytesIO
from zipfile import ZipFile

import pytest
from openpyxl import load_workbook
from pypdf import PdfReader
from sqlalchemy import select
from sqlalchemy.orm import Session

from marchapp.files.worker import make_waiting_files
from marchapp.models import AuditEvent, Membership, Participant, PreparedFile, Standing
from marchapp.printing import views
from tests.factories import Cast, make_group, make_participant, make_stage
from tests.queries import queries_of

PAGE = "/marches/victory/stages/1/print"


@pytest.fixture
def anna(session: Session, cast: Cast) -> Participant:
    cast.guide.phone = "+46 70 174 06 12"
    cast.group.meeting_point = "The bridge at Печенга"
    anna = make_participant(
        session,
        cast.march,
        cast.stage,
        group=cast.group,
        given_name="Anna",
        family_name="Orekhova",
        native_name="Анна Орехова",
        emergency_name="Мария Орехова",
        emergency_phone="+46 980 31 92 01",
        spoken_languages=["ru", "nb"],
        diet="=vegetarian",
        has_health_notes=True,
        health_notes="asthma",
        knows_first_aid=True,
    )
    session.commit()
    return anna


def asked(**given: str) -> dict[str, str]:
    return {"what": "rosters", "groups": "all", "together": "one", "language": "en"} | given


def pages_of(content: bytes) -> list[str]:
    return [page.extract_text() for page in PdfReader(BytesIO(content)).pages]


def test_a_roster_tells_a_guide_whom_to_call(cast: Cast, anna: Participant, sign_in) -> None:
    answer = sign_in(cast.coordinator).post(PAGE, data=asked())
    assert answer.mimetype == "application/pdf"
    first, second = pages_of(answer.data)
    for words in (
        *("Group 1", "Anna Orekhova", "Анна Орехова", "Мария Орехова", "+46 980 31 92 01"),
        *("Gunn Guide +46 70 174 06 12", "The bridge at Печенга", "First aid: Anna Orekhova"),
    ):
        assert words in first
    assert "Group 2" in second
    assert "Nobody is in this group yet." in second


def test_who_cancelled_stands_on_no_paper(session: Session, cast: Cast, anna: Participant, sign_in) -> None:
    anna.standing, anna.cancelled_at = Standing.CANCELLED, datetime.now(UTC)
    session.commit()
    client = sign_in(cast.coordinator)
    for what in ("rosters", "badges", "sign-in"):
        assert "Orekhova" not in "".join(pages_of(client.post(PAGE, data=asked(what=what)).data))


def test_no_paper_says_what_a_note_on_health_says(cast: Cast, anna: Participant, sign_in) -> None:
    client = sign_in(cast.coordinator)
    for what in ("rosters", "badges", "sign-in"):
        assert "asthma" not in "".join(pages_of(client.post(PAGE, data=asked(what=what)).data))
    assert "Health: ask" in "".join(pages_of(client.post(PAGE, data=asked()).data))


def test_a_badge_names_the_group_and_the_guides_phone(cast: Cast, anna: Participant, sign_in) -> None:
    [page] = pages_of(sign_in(cast.coordinator).post(PAGE, data=asked(what="badges")).data)
    for words in ("Anna Orekhova", "Group 1", "Russian, Norwegian", "Guide: Gunn Guide", anna.reference):
        assert words in page
    assert "Groups:" not in page


def test_a_badge_names_the_groups_of_all_days_where_they_differ(
    session: Session, cast: Cast, anna: Participant, sign_in
) -> None:
    second = make_stage(session, cast.march, number=2)
    other = make_group(session, second, number=7)
    make_participant(session, cast.march, cast.stage, second, group=other)
    walker = make_participant(session, cast.march, cast.stage, second, group=cast.group)
    session.add(Membership(participant_id=walker.id, stage_id=second.id, group_id=other.id))
    session.commit()
    text = "".join(pages_of(sign_in(cast.coordinator).post(PAGE, data=asked(what="badges")).data))
    assert "stage 1: 1, stage 2: 7" in text.replace("\n", " ")


@pytest.mark.parametrize("language", ["nb", "ru"])
def test_papers_are_written_in_the_language_that_is_asked_for(
    cast: Cast, anna: Participant, sign_in, language: str
) -> None:
    words = {"nb": "Skoleelev", "ru": "Школьник"}
    data = asked(what="badges", language=language)
    [page] = pages_of(sign_in(cast.coordinator).post(PAGE, data=data).data)
    assert words[language] in page


def test_each_group_can_have_a_file_of_its_own(cast: Cast, anna: Participant, sign_in) -> None:
    answer = sign_in(cast.coordinator).post(PAGE, data=asked(what="sign-in", together="each"))
    archive = ZipFile(BytesIO(answer.data))
    assert archive.namelist() == ["sign-in-group-01.pdf", "sign-in-group-02.pdf"]
    assert "Anna Orekhova" in pages_of(archive.read("sign-in-group-01.pdf"))[0]


def test_the_spreadsheet_holds_groups_and_people_and_calculates_nothing(
    cast: Cast, anna: Participant, sign_in
) -> None:
    client = sign_in(cast.coordinator)
    book = load_workbook(BytesIO(client.post(PAGE, data=asked(what="xlsx")).data))
    assert book["Groups"]["H2"].value == "Gunn Guide"
    rows = list(book["People"].values)
    line = next(row for row in rows if row[3] == "Orekhova")
    assert (line[0], line[4], line[13]) == (1, "Анна Орехова", "=vegetarian")
    cell = next(cell for row in book["People"].rows for cell in row if cell.value == "=vegetarian")
    assert cell.data_type == "s"
    text = client.post(PAGE, data=asked(what="csv")).get_data(as_text=True)
    assert "'=vegetarian" in text


def test_what_is_taken_is_recorded(session: Session, cast: Cast, anna: Participant, sign_in) -> None:
    sign_in(cast.coordinator).post(PAGE, data=asked(what="badges", groups=str(cast.group.id)))
    [event] = session.scalars(select(AuditEvent).where(AuditEvent.action == "badges.downloaded"))
    assert (event.account_id, event.subject_id) == (cast.coordinator.id, cast.stage.id)
    assert event.details["of"]["group_id"] == cast.group.id


def test_many_badges_are_left_to_the_worker(
    session: Session, cast: Cast, anna: Participant, sign_in, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(views.MOST_AT_ONCE, "badges", 1)
    client = sign_in(cast.coordinator)
    answer = client.post(PAGE, data=asked(what="badges", language="ru"))
    assert answer.status_code == 303
    assert "Badges of stage 1" in client.get(answer.location).text
    assert make_waiting_files() == 1
    file = session.scalars(select(PreparedFile)).one()
    assert (file.done, file.total) == (2, 2)
    assert "Школьник" in pages_of(client.get(f"{answer.location}/download").data)[0]


def test_a_group_of_another_stage_cannot_be_printed(
    session: Session, cast: Cast, anna: Participant, sign_in
) -> None:
    other = make_group(session, make_stage(session, cast.march, number=2))
    session.commit()
    answer = sign_in(cast.coordinator).post(PAGE, data=asked(groups=str(other.id)))
    assert answer.mimetype == "text/html"
    assert not session.scalars(select(AuditEvent)).all()


def test_a_stage_without_groups_offers_nothing_to_print(session: Session, cast: Cast, sign_in) -> None:
    make_stage(session, cast.march, number=2)
    session.commit()
    page = sign_in(cast.coordinator).get("/marches/victory/stages/2/print").text
    assert "No groups yet" in page


def test_a_guide_prints_the_own_group_and_no_other(cast: Cast, anna: Participant, sign_in) -> None:
    client = sign_in(cast.guide)
    own = client.post(f"/groups/{cast.group.id}/print", data={"what": "rosters", "language": "en"})
    [page] = pages_of(own.data)
    assert "Anna Orekhova" in page
    address = f"/groups/{cast.other_group.id}/print"
    assert client.get(address).status_code == 403
    assert client.post(address, data={"what": "rosters", "language": "en"}).status_code == 403
    assert client.get(PAGE).status_code == 403
    assert client.post(PAGE, data=asked()).status_code == 403


@pytest.mark.parametrize("what", ["xlsx", "csv"])
def test_a_guide_is_given_no_lists(cast: Cast, anna: Participant, sign_in, what: str) -> None:
    answer = sign_in(cast.guide).post(f"/groups/{cast.group.id}/print", data={"what": what, "language": "en"})
    assert answer.mimetype == "text/html"


def test_a_coordinator_of_another_march_prints_nothing(cast: Cast, anna: Participant, sign_in) -> None:
    client = sign_in(cast.other_coordinator)
    assert client.post(PAGE, data=asked()).status_code == 403
    assert client.get(f"/groups/{cast.group.id}/print").status_code == 403


def test_the_old_address_of_the_roster_leads_to_the_new_page(cast: Cast, sign_in) -> None:
    answer = sign_in(cast.coordinator).get("/marches/victory/stages/1/roster")
    assert answer.location == PAGE


def test_the_page_asks_few_questions(session: Session, cast: Cast, anna: Participant, sign_in) -> None:
    client = sign_in(cast.coordinator)
    before = queries_of(client, PAGE)
    for _number in range(5):
        make_participant(session, cast.march, cast.stage, group=make_group(session, cast.stage, cast.guide))
    session.commit()
    assert queries_of(client, PAGE) == before
