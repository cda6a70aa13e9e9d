"""Files of the list: CSV and XLSX with all fields, no formulas, and secrets for a reason only."""

import csv
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from io import BytesIO, StringIO
from typing import Any

import pytest
from flask.testing import FlaskClient
from openpyxl import load_workbook
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from marchapp.files.worker import make_waiting_files
from marchapp.models import AuditEvent, Guardian, PreparedFile, Role, TravelDocument
from marchapp.registration.coordination import files
from tests.factories import Cast, make_account, make_participant
from tests.queries import queries_of

SignIn = Callable[..., FlaskClient]
A_LIST = "/marches/victory/participants"


def content_of(client: FlaskClient, address: str) -> bytes:
    """Fetch a file without the context around the test, as on a server."""

    def fetch() -> bytes:
        answer = client.get(address, buffered=True)
        assert answer.status_code == 200
        content = answer.data
        answer.close()
        return content

    with ThreadPoolExecutor(1) as elsewhere:
        return elsewhere.submit(fetch).result()


def sheet_of(
    client: FlaskClient, arguments: str = "", address: str = f"{A_LIST}.xlsx"
) -> list[dict[str, Any]]:
    rows = list(load_workbook(BytesIO(content_of(client, f"{address}?{arguments}"))).active.iter_rows())
    headings = [cell.value for cell in rows[0]]
    return [dict(zip(headings, row, strict=True)) for row in rows[1:]]


def lines_of(client: FlaskClient, address: str) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(content_of(client, address).decode("utf-8-sig"))))


def write_secrets(session: Session, cast: Cast) -> None:
    cast.walker.health_notes, cast.walker.has_health_notes = "Secret asthma", True
    cast.walker.documents = [
        TravelDocument(kind="passport", number="P777", issued_by="NO", expires_on=date(2020, 1, 1))
    ]
    cast.walker.guardians = [
        Guardian(position=1, name="Siri Nilsen", phone="+47 1", email="s@x.no", language="nb")
    ]
    session.commit()


def test_the_sheet_holds_the_selection_with_dates_and_guardians(
    coordinator: FlaskClient, session: Session, cast: Cast
) -> None:
    write_secrets(session, cast)
    make_participant(session, cast.march, family_name="Away", country="RU")
    session.commit()
    [row] = sheet_of(coordinator, "country=NO")
    assert row["Family name"].value == cast.walker.family_name
    assert row["Born"].value.date() == date(2001, 5, 17)
    assert row["Born"].is_date
    assert row["Guardians"].value == "Siri Nilsen"
    assert row["Group on stage 1"].value == 1
    assert row["Has notes on health"].value == "Yes"
    assert len(sheet_of(coordinator)) == 2
    assert b"Secret asthma" not in content_of(coordinator, f"{A_LIST}.csv")


def test_the_headings_are_in_the_readers_language(coordinator: FlaskClient, cast: Cast) -> None:
    text = content_of(coordinator, f"{A_LIST}.csv?lang=nb").decode("utf-8-sig")
    assert "Etternavn" in text.splitlines()[0]


@pytest.mark.parametrize("formula", ['=HYPERLINK("http://x","y")', "+1+1", "-2", "@SUM(A1)"])
def test_no_cell_of_a_sheet_is_a_formula(
    coordinator: FlaskClient, session: Session, cast: Cast, formula: str
) -> None:
    cast.walker.school = formula
    session.commit()
    [row] = sheet_of(coordinator)
    assert row["School"].value == formula
    assert row["School"].data_type == "s"
    assert row["School"].quotePrefix
    assert row["Phone of the emergency contact"].data_type == "s"


def test_signs_that_no_sheet_can_hold_are_left_out(
    coordinator: FlaskClient, session: Session, cast: Cast
) -> None:
    cast.walker.diet = "no\x0bnuts"
    session.commit()
    assert sheet_of(coordinator)[0]["Diet"].value == "nonuts"


def test_an_export_without_secrets_is_not_recorded_and_keeps_the_filters(
    coordinator: FlaskClient, session: Session, cast: Cast
) -> None:
    choice = {"people": "selection", "columns": "shown", "format": "csv"}
    answer = coordinator.post(f"{A_LIST}/export?country=NO&columns=phone", data=choice)
    assert answer.status_code == 302
    assert answer.location.startswith(f"{A_LIST}.csv?country=NO&columns=")
    [line] = lines_of(coordinator, answer.location)
    assert list(line) == ["Reference", "Given name", "Family name", "Name in own letters", "Phone"]
    assert not session.scalars(select(AuditEvent)).all()
    everybody = coordinator.post(f"{A_LIST}/export?country=RU", data=choice | {"people": "all"})
    assert "country=" not in everybody.location


def test_secrets_stand_in_a_file_for_a_reason_that_is_recorded(
    coordinator: FlaskClient, session: Session, cast: Cast
) -> None:
    write_secrets(session, cast)
    choice = {"people": "all", "columns": "all", "format": "csv", "health_notes": "y", "documents": "y"}
    refused = coordinator.post(f"{A_LIST}/export", data=choice)
    assert "It is recorded." in refused.text
    assert not session.scalars(select(AuditEvent)).all()
    answer = coordinator.post(f"{A_LIST}/export", data=choice | {"reason": "For the doctor"})
    [line] = lines_of(coordinator, answer.location)
    assert line["Notes on health"] == "Secret asthma"
    assert line["Numbers of documents"] == "NO P777"
    [event] = session.scalars(select(AuditEvent))
    assert (event.action, event.account_id) == ("participants.exported", cast.coordinator.id)
    assert event.details["reason"] == "For the doctor"
    assert event.details["secrets"] == ["health_notes", "documents"]
    assert "asthma" not in str(event.details)
    [row] = sheet_of(
        coordinator,
        address=coordinator.post(
            f"{A_LIST}/export", data=choice | {"format": "xlsx", "reason": "Again"}
        ).location,
    )
    assert row["Notes on health"].value == "Secret asthma"


def test_a_file_with_secrets_is_for_who_wrote_the_reason_and_for_minutes(
    coordinator: FlaskClient,
    sign_in: SignIn,
    session: Session,
    cast: Cast,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    write_secrets(session, cast)
    choice = {"people": "all", "columns": "all", "format": "csv", "health_notes": "y", "reason": "Doctor"}
    address = coordinator.post(f"{A_LIST}/export", data=choice).location
    elsewhere = address.replace("victory", "elsewhere")
    assert coordinator.get(elsewhere).status_code == 403
    other = make_account(session, "Other", cast.march, Role.COORDINATOR)
    session.commit()
    assert sign_in(other).get(address).status_code == 403
    sign_in(cast.coordinator)
    monkeypatch.setattr("marchapp.registration.coordination.files.OPEN_FOR", timedelta(0))
    assert coordinator.get(address).status_code == 410
    assert coordinator.get(f"{A_LIST}/export/999999").status_code == 404


def test_secrets_are_no_columns_of_an_address(coordinator: FlaskClient, session: Session, cast: Cast) -> None:
    write_secrets(session, cast)
    for kind in ("csv", "xlsx"):
        content = content_of(coordinator, f"{A_LIST}.{kind}?columns=health_notes,documents,phone")
        assert b"Secret asthma" not in content
    [line] = lines_of(coordinator, f"{A_LIST}.csv?columns=health_notes,documents,phone")
    assert list(line) == ["Phone"]


def long_list(session: Session, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let two people be a long list."""
    monkeypatch.setattr(files, "MOST_AT_ONCE", 1)
    make_participant(session, cast.march, family_name="Away", country="RU")
    session.commit()


def made_sheet(client: FlaskClient, answer: TestResponse) -> list[dict[str, Any]]:
    """Let the worker make the file to whose page an answer leads, and open it."""
    assert answer.status_code == 303
    assert "Waiting its turn" in client.get(answer.location).text
    assert make_waiting_files() == 1
    return sheet_of(client, address=f"{answer.location}/download")


def test_a_long_list_is_made_by_the_worker(
    coordinator: FlaskClient, session: Session, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    long_list(session, cast, monkeypatch)
    choice = {"people": "selection", "columns": "shown", "format": "xlsx"}
    rows = made_sheet(coordinator, coordinator.post(f"{A_LIST}/export?columns=phone", data=choice))
    assert {row["Family name"].value for row in rows} == {cast.walker.family_name, "Away"}
    assert list(rows[0]) == ["Reference", "Given name", "Family name", "Name in own letters", "Phone"]
    file = session.scalars(select(PreparedFile)).one()
    assert (file.done, file.total) == (2, 2)
    short = coordinator.post(f"{A_LIST}/export?country=RU", data=choice)
    assert short.location.startswith(f"{A_LIST}.xlsx?country=RU")
    assert len(sheet_of(coordinator, address=short.location.partition("?")[0], arguments="country=RU")) == 1


def test_the_address_of_a_long_list_leads_to_the_page_that_has_it_made(
    coordinator: FlaskClient, session: Session, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    long_list(session, cast, monkeypatch)
    answer = coordinator.get(f"{A_LIST}.xlsx?standing=any")
    assert answer.status_code == 302
    assert answer.location.startswith(f"{A_LIST}/export?standing=any")
    assert len(lines_of(coordinator, f"{A_LIST}.csv")) == 2


def test_a_long_list_with_secrets_is_recorded_and_for_its_maker_only(
    coordinator: FlaskClient, sign_in: SignIn, session: Session, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_secrets(session, cast)
    long_list(session, cast, monkeypatch)
    choice = {"people": "all", "columns": "all", "format": "xlsx", "health_notes": "y", "reason": "Doctor"}
    answer = coordinator.post(f"{A_LIST}/export", data=choice)
    rows = made_sheet(coordinator, answer)
    assert "Secret asthma" in {row["Notes on health"].value for row in rows}
    actions = session.scalars(select(AuditEvent.action).order_by(AuditEvent.id)).all()
    assert actions == ["participants.exported", "participants.downloaded"]
    other = make_account(session, "Other", cast.march, Role.COORDINATOR)
    session.commit()
    assert sign_in(other).get(f"{answer.location}/download").status_code == 403


def test_more_people_cost_no_more_queries(coordinator: FlaskClient, session: Session, cast: Cast) -> None:
    for quota in cast.march.quotas:
        quota.capacity = 1000
    few = queries_of(coordinator, f"{A_LIST}.xlsx")
    for _number in range(30):
        make_participant(session, cast.march, cast.stage)
    session.commit()
    assert queries_of(coordinator, f"{A_LIST}.xlsx") == few <= 10
