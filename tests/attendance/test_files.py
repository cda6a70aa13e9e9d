"""The roll calls of a stage as a file: who stands how at each point, typed, harmless, and noted."""

from datetime import datetime
from io import BytesIO

import pytest
from openpyxl import load_workbook
from sqlalchemy import select
from sqlalchemy.orm import Session

from marchapp.models import AuditEvent, RollState
from tests.factories import Cast, make_group, make_mark, make_participant
from tests.queries import queries_of

FILE = "/marches/victory/stages/1/roll-calls/file"


@pytest.fixture
def marked(session: Session, cast: Cast) -> Cast:
    """The walker was here, another one is missing, a third was not called yet."""
    cast.walker.given_name = "=1+1"
    missing = make_participant(session, cast.march, cast.stage, group=cast.group, family_name="Ånes")
    make_participant(session, cast.march, cast.stage, group=cast.other_group)
    make_mark(session, cast.walker, cast.stage)
    make_mark(session, missing, cast.stage, state=RollState.MISSING)
    session.commit()
    return cast


def test_everybody_stands_in_the_csv_and_nothing_is_calculated(sign_in, marked: Cast) -> None:
    answer = sign_in(marked.coordinator).post(FILE, data={"format": "csv"})
    assert answer.mimetype == "text/csv"
    assert "victory-stage-1-roll-calls.csv" in answer.headers["Content-Disposition"]
    heading, *lines = answer.get_data(as_text=True).splitlines()
    assert heading.startswith("\ufeffGroup,Reference,Given name,Family name,Category")
    assert len(lines) == 3
    assert "'=1+1" in lines[0]
    assert "Here,2014-09-18 08:00" in lines[0]
    assert "Ånes" in lines[1]
    assert "Not here,2014-09-18 08:00" in lines[1]


def test_moments_are_typed_in_the_workbook_and_words_are_in_the_readers_language(
    sign_in, marked: Cast
) -> None:
    answer = sign_in(marked.coordinator).post(f"{FILE}?lang=nb", data={"format": "xlsx"})
    rows = list(load_workbook(BytesIO(answer.data)).active.iter_rows(values_only=True))
    assert rows[0][0] == "Gruppe"
    assert rows[1][2] == "=1+1"
    assert rows[1][6] == datetime.fromisoformat("2014-09-18T08:00")


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_it_is_noted_who_took_them_along(sign_in, session: Session, marked: Cast, ending: str) -> None:
    sign_in(marked.coordinator).post(FILE, data={"format": ending})
    session.expire_all()
    [event] = session.scalars(select(AuditEvent).where(AuditEvent.action == "roll_calls.downloaded"))
    assert (event.account_id, event.subject_id) == (marked.coordinator.id, marked.stage.id)


def test_a_long_workbook_is_left_to_the_worker(
    sign_in, marked: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("marchapp.files.tables.MOST_AT_ONCE", 2)
    answer = sign_in(marked.coordinator).post(FILE, data={"format": "xlsx"})
    assert answer.status_code == 303
    assert "/files/" in answer.location


def test_many_people_take_as_many_queries_as_few(sign_in, session: Session, marked: Cast) -> None:
    client, wanted = sign_in(marked.coordinator), {"format": "csv"}
    queries_of(client, FILE, wanted)
    few = queries_of(client, FILE, wanted)
    for number in range(20, 26):
        group = make_group(session, marked.stage, number=number)
        person = make_participant(session, marked.march, marked.stage, group=group)
        make_mark(session, person, marked.stage)
    session.commit()
    assert queries_of(client, FILE, wanted) == few


def test_the_board_leads_to_the_files(sign_in, marked: Cast) -> None:
    assert f'action="{FILE}"' in sign_in(marked.coordinator).get("/marches/victory/stages/1/roll-calls").text
