"""A teacher sends a list, sees every row with all that is wrong, mends it, and signs the class up."""

import zlib
from base64 import urlsafe_b64encode
from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from marchapp.extensions import db
from marchapp.models import Category, Guardian, March, Message, Participant, Party, PartyKind, Standing
from marchapp.models.link import give_link
from marchapp.registration.lists.page import MOST_UNPACKED
from tests.factories import make_march, make_participant, make_party, make_stage
from tests.registration.lists.conftest import A_CLASS, CONTACT, Sent, fields_of, words_of
from tests.registration.lists.files import CHILD, children, csv_file, workbook


@pytest.fixture
def march(session: Session) -> March:
    march = make_march(session, slug="victory", capacity=40)
    for number in (1, 2, 3):
        make_stage(session, march, number=number)
    session.commit()
    return march


def everybody(session: Session) -> list[Participant]:
    session.expire_all()
    return list(session.scalars(select(Participant).order_by(Participant.id)))


def test_a_class_is_signed_up_by_its_list(
    session: Session, march: March, send_file: Sent, press: Sent, client: FlaskClient
) -> None:
    page = send_file(workbook(children(3)))
    assert "All 3 rows are good. Nothing is stored yet." in words_of(page)
    assert everybody(session) == []

    answer = press(page, "send")

    assert answer.status_code == 302
    assert "3 people are signed up." in words_of(client.get(answer.location))
    (party,) = session.scalars(select(Party))
    assert (party.kind, party.name, party.contact_email) == (
        PartyKind.SCHOOL_CLASS,
        "7B, Fjordbotn skole",
        "lars@example.org",
    )
    first = everybody(session)[0]
    assert (first.name, first.birth_date, first.country) == ("Aksel Hansena", date(2001, 5, 17), "NO")
    assert (first.school, first.school_class, first.email) == ("Fjordbotn skole", "7B", "")
    assert (first.category, first.standing) == (Category.SCHOOLCHILD, Standing.PLACED)
    assert len(first.entries) == 3
    assert (first.emergency_name, first.emergency_phone) == ("Siri Hansen", "+47 40 60 00 02")


def test_each_guardian_is_told_apart_from_the_teacher(
    session: Session, march: March, send_file: Sent, press: Sent
) -> None:
    second = {
        "Name of guardian 2": "Oleg Ivanov",
        "Phone of guardian 2": "+7 921 123-45-67",
        "E-mail of guardian 2": "oleg@example.org",
        "Language of guardian 2": "русский",
    }
    press(send_file(workbook([CHILD | second])), "send")

    guardians = session.scalars(select(Guardian).order_by(Guardian.position)).all()
    assert [(one.name, one.email, one.language) for one in guardians] == [
        ("Siri Hansen", "siri@example.org", "nb"),
        ("Oleg Ivanov", "oleg@example.org", "ru"),
    ]
    written_to = set(session.scalars(select(Message.recipient)))
    assert written_to == {"lars@example.org", "siri@example.org", "oleg@example.org"}


def test_every_row_shows_all_its_errors_at_once(march: March, send_file: Sent) -> None:
    wrong = CHILD | {
        "Given name": "Мария",
        "Birth date": "31.02.2001",
        "Country": "Atlantis",
        "Phone of guardian 1": "4.06E+10",
        "E-mail of guardian 1": "siri",
    }
    page = words_of(send_file(workbook([CHILD, wrong, CHILD | {"Given name": "Ola", "Country": ""}])))
    for words in (
        "2 rows need mending. 1 row is good.",
        "Row 3",
        "Write this in Latin letters",
        "This is no date we can read",
        "We know no country of this name",
        "The spreadsheet has cut this number off",
        "This is no e-mail address",
        "Row 4",
        "Fill this in.",
    ):
        assert words in page


@pytest.mark.parametrize("born", [datetime(2001, 5, 17), date(2001, 5, 17), 37028, "37028", "17/05/01"])  # noqa: DTZ001
def test_dates_of_spreadsheets_are_birth_dates(
    session: Session, march: March, send_file: Sent, press: Sent, born: object
) -> None:
    press(send_file(workbook([CHILD | {"Birth date": born, "Phone of guardian 1": 4740600002}])), "send")
    (person,) = everybody(session)
    assert (person.birth_date, person.guardians[0].phone) == (date(2001, 5, 17), "+47 40 60 00 02")


def test_a_phone_number_is_not_blamed_for_a_country_that_is_wrong(march: March, send_file: Sent) -> None:
    page = send_file(workbook([CHILD | {"Country": "Atlantis"}]))
    assert {name for name in fields_of(page) if name.startswith("row-")} == {"row-2-country"}


def test_only_the_cells_that_are_wrong_are_fields(march: March, send_file: Sent) -> None:
    page = send_file(workbook([CHILD, CHILD | {"Given name": "Ola", "Birth date": "31.02.2001"}]))
    cells = {name for name in fields_of(page) if name.startswith("row-")}
    assert cells == {"row-3-birth_date"}


def test_rows_are_mended_in_the_page(session: Session, march: March, send_file: Sent, press: Sent) -> None:
    page = send_file(workbook([*children(2), CHILD | {"Birth date": "soon"}]))
    mended = press(page, "check", **{"row-4-birth_date": "18. mai 2001"})
    assert "All 3 rows are good." in words_of(mended)
    assert "18 May 2001" in words_of(mended)
    assert press(mended, "send").status_code == 302
    assert everybody(session)[2].birth_date == date(2001, 5, 18)


def test_any_row_can_be_opened_and_changed(march: March, send_file: Sent, press: Sent) -> None:
    page = press(send_file(workbook(children(2))), "open:3")
    assert fields_of(page)["row-3-municipality"] == ""
    changed = press(page, "check", **{"row-3-given_name": "Bendik"})
    assert "Bendik Hansena" in words_of(changed)
    assert "row-3-given_name" not in fields_of(changed)


def test_a_row_can_be_left_out_and_taken_back(march: March, send_file: Sent, press: Sent) -> None:
    page = send_file(workbook([*children(2), CHILD | {"Birth date": "soon"}]))
    without = press(page, "leave:4")
    assert "All 2 rows are good." in words_of(without)
    assert "Left out Row 4 Kari Hansen" in words_of(without)
    assert "1 row needs mending." in words_of(press(without, "back:4"))


def test_the_good_rows_can_be_sent_and_the_rest_joins_them(
    session: Session, march: March, send_file: Sent, press: Sent, client: FlaskClient
) -> None:
    page = send_file(workbook([*children(2), CHILD | {"Birth date": "soon"}]))
    rest = press(page, "send")
    assert rest.status_code == 200
    assert "2 people are signed up." in words_of(rest)
    assert "1 row needs mending." in words_of(rest)
    assert rest.headers["Cache-Control"] == "no-store"
    assert rest.headers["Referrer-Policy"] == "no-referrer"
    address = rest.text.partition('list-check" method="post" novalidate action="')[2].partition('"')[0]

    answer = press(rest, "send", address, **{"row-4-birth_date": "18.05.2001"})

    assert answer.status_code == 302
    assert "3 people are signed up" in words_of(client.get(answer.location))
    assert len(everybody(session)) == 3
    assert session.scalars(select(Party)).one().participants == everybody(session)


def test_a_list_sent_twice_is_stored_once(
    session: Session, march: March, send_file: Sent, press: Sent
) -> None:
    page = send_file(workbook(children(2)))
    first = press(page, "send")
    letters = len(session.scalars(select(Message.id)).all())
    second = press(page, "send")
    assert (second.status_code, second.location) == (302, first.location)
    assert len(everybody(session)) == 2
    assert len(session.scalars(select(Message.id)).all()) == letters


def test_rows_mended_after_a_step_back_are_not_lost(
    session: Session, march: March, send_file: Sent, press: Sent
) -> None:
    page = send_file(workbook([*children(2), CHILD | {"Birth date": "soon"}]))
    press(page, "send")
    again = press(page, "send", **{"row-4-birth_date": "18.05.2001"})
    assert again.status_code == 302
    assert len(everybody(session)) == 3
    assert len(session.scalars(select(Party)).all()) == 1


def test_the_whole_list_can_be_sent_again_to_a_party(
    session: Session, march: March, send_file: Sent, press: Sent
) -> None:
    link = press(send_file(workbook(children(2))), "send").location
    page = send_file(workbook(children(3)), f"{link}/list")
    assert "2 rows are about people who are signed up in this party already" in words_of(page)
    assert press(page, "send", f"{link}/list").status_code == 302
    assert len(everybody(session)) == 3


def test_what_is_sent_to_a_party_twice_leads_to_the_party(
    session: Session, march: March, send_file: Sent, press: Sent
) -> None:
    link = press(send_file(workbook(children(2))), "send").location
    page = send_file(workbook(children(3)), f"{link}/list")
    press(page, "send", f"{link}/list")
    again = press(page, "send", f"{link}/list")
    assert (again.status_code, again.location) == (302, link)
    assert len(everybody(session)) == 3


def test_a_double_within_the_list_is_named_by_its_row(march: March, send_file: Sent) -> None:
    page = send_file(workbook([CHILD, CHILD | {"Given name": "KARI"}]))
    assert "The same name and birth date stand in row 2." in words_of(page)


def test_somebody_who_is_registered_is_told_kindly_and_not_named(
    session: Session, march: March, send_file: Sent
) -> None:
    make_participant(
        session,
        march,
        given_name="Kari",
        family_name="Hansen",
        birth_date=date(2001, 5, 17),
        email="k@example.org",
    )
    session.commit()
    page = words_of(send_file(workbook([CHILD, *children(1)])))
    assert "If this person signed up before, the private link is in the letter sent then" in page
    assert "k@example.org" not in page
    assert "1 row needs mending. 1 row is good." in page


def test_ambiguous_dates_are_asked_about_once_for_all_rows(
    session: Session, march: March, send_file: Sent, press: Sent
) -> None:
    page = send_file(workbook(children(2, **{"Birth date": "03/04/2001"})))
    assert "This can be 3 April 2001 or 4 March 2001." in words_of(page)
    answered = press(page, "check", day_first="month")
    assert "All 2 rows are good." in words_of(answered)
    press(answered, "send")
    assert everybody(session)[0].birth_date == date(2001, 3, 4)


def test_columns_that_are_not_understood_and_the_example_are_named(march: March, send_file: Sent) -> None:
    example = CHILD | {"Given name": "Anna", "Family name": "Eksempel"}
    page = words_of(send_file(workbook([example, CHILD], above=[["Class 7B"]])))
    assert "The example of the template is left out." in page
    assert "The row is good." in page
    page = words_of(send_file(workbook([CHILD | {"Shoe size": "38"}])))
    assert "This column was not understood and is left out: Shoe size." in page


def test_needed_columns_that_are_missing_are_named(march: March, send_file: Sent) -> None:
    rows = [{"Fornavn": "Kari", "Etternavn": "Hansen", "Skostørrelse": "38"}]
    page = words_of(send_file(workbook(rows)))
    assert "These columns are missing: Birth date, Country, Name of guardian 1, Phone of guardian 1." in page
    assert "These are not understood: Skostørrelse." in page
    page = words_of(send_file(workbook([{"Navn": "Kari Hansen", "Født": "17.05.2001", "Land": "NO"}])))
    assert "Write given name and family name in two columns." in page


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1251"])
def test_a_russian_csv_file_is_read(march: March, send_file: Sent, encoding: str) -> None:
    row = {
        "Фамилия": "Ivanova",
        "Имя": "Mariia",
        "ФИО": "Мария Иванова",
        "Дата рождения": "17 мая 2001 г.",
        "Гражданство": "Россия",
        "Родитель": "Иван Иванов",
        "Телефон родителя": "8 921 123-45-67",
    }
    page = send_file(csv_file([row], encoding=encoding))
    assert "The row is good." in words_of(page)
    assert "17 May 2001" in words_of(page)


def test_rows_can_be_pasted(march: March, send_file: Sent) -> None:
    rows = [list(CHILD), list(CHILD.values())]
    page = send_file("\n".join("\t".join(row) for row in rows))
    assert "The row is good." in words_of(page)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "Save the list as an XLSX or CSV file"),
        (b"%PDF-1.7", "This is no spreadsheet that we can read."),
        (b"Kari;Hansen\n", "No line names the columns."),
        (b"Fornavn;Etternavn;Birth date;Country;Guardian;Guardian phone\n", "There is nobody in the list."),
        (b"", "There is nobody in the list."),
    ],
)
def test_a_file_that_is_no_list_is_refused_in_one_sentence(
    march: March, send_file: Sent, content: bytes, words: str
) -> None:
    page = send_file(content)
    assert page.status_code == 200
    assert words in words_of(page)
    assert 'value="Lars Lund"' in page.text


def test_without_a_file_nothing_is_guessed(march: March, send_file: Sent) -> None:
    assert "Choose a file, or paste the rows with their headings." in words_of(send_file("  "))


def test_who_sends_the_list_must_be_known(
    session: Session, march: March, send_file: Sent, press: Sent
) -> None:
    page = send_file(workbook(children(2)), contact_email="lars", school="")
    assert "This is no e-mail address." in words_of(page)
    assert "School: Fill this in." in words_of(page)
    assert "All 2 rows are good." in words_of(page)  # what is asked once is said once
    assert press(page, "send").status_code == 200
    assert everybody(session) == []
    assert press(page, "send", contact_email="lars@example.org", school="Vik skole").status_code == 302
    assert {person.school for person in everybody(session)} == {"Vik skole"}


def test_a_row_may_be_of_another_class(session: Session, march: March, send_file: Sent, press: Sent) -> None:
    press(send_file(workbook([CHILD | {"Class": "7A"}, *children(1, Class="")])), "send")
    assert [person.school_class for person in everybody(session)] == ["7A", "7B"]


def test_too_few_places_are_told_before_sending(
    session: Session, march: March, send_file: Sent, press: Sent
) -> None:
    page = send_file(workbook(children(41)))
    assert "40 places are left for 41 people" in words_of(page)
    assert "checked" not in page.text[page.text.index('name="when_full"') :]
    assert "Nothing is sent yet: choose one of the two." in words_of(press(page, "send"))
    assert everybody(session) == []
    press(page, "send", when_full="fit")
    standings = [person.standing for person in everybody(session)]
    assert (standings.count(Standing.PLACED), standings.count(Standing.WAITING)) == (40, 1)


@pytest.mark.parametrize(
    ("when_full", "words"),
    [
        ("fit", "41 people are signed up. 40 of 41 people have a place, the others wait in line."),
        ("all", "41 people are signed up. All of you wait in line."),
    ],
)
def test_who_waits_in_line_is_told_beside_the_rows_that_are_left(
    march: March, send_file: Sent, press: Sent, when_full: str, words: str
) -> None:
    page = send_file(workbook([*children(41), CHILD | {"Given name": ""}]))
    assert words in words_of(press(page, "send", when_full=when_full))


@pytest.mark.parametrize(
    ("kind", "shared", "row", "category"),
    [
        (
            "unit",
            {"service": "Grensevakten", "unit": "Stasjon Vik"},
            {"Rank": "Menig"},
            Category.BORDER_GUARD,
        ),
        ("delegation", {"body": "Fjordbotn kommune"}, {"Position": "Rektor"}, Category.OFFICIAL),
    ],
)
def test_units_and_delegations_send_lists(
    session: Session,
    march: March,
    send_file: Sent,
    press: Sent,
    kind: str,
    shared: dict[str, str],
    row: dict[str, str],
    category: Category,
) -> None:
    address = f"/marches/victory/sign-up/list/{kind}"
    grown_up = {
        "Given name": "Ola",
        "Family name": "Berg",
        "Birth date": "17.05.75",
        "Country": "NO",
        "Emergency contact": "Kari Berg",
        "Phone of the emergency contact": "406 00 001",
    }
    page = send_file(workbook([grown_up | row]), address, **shared)
    assert press(page, "send", address).status_code == 302
    (person,) = everybody(session)
    assert (person.category, person.birth_date) == (category, date(1975, 5, 17))
    assert {name: getattr(person, name) for name in shared} == shared


def test_a_school_with_a_long_name_is_taken_up_to_its_limit(
    session: Session, march: March, send_file: Sent, press: Sent
) -> None:
    page = send_file(workbook(children(1)), school="S" * 120, school_class="C" * 20)
    assert press(page, "send").status_code == 302
    assert len(session.scalars(select(Party)).one().name) == 142
    page = send_file(workbook(children(2)[1:]), school="S" * 121)
    assert "write at most 120 characters" in words_of(page)
    assert press(page, "send").status_code == 200


def test_a_closed_sign_up_stores_nothing(
    session: Session, march: March, send_file: Sent, press: Sent, client: FlaskClient
) -> None:
    link = press(send_file(workbook(children(1))), "send").location
    page = send_file(workbook(children(2)), school_class="7A")
    march.signup_closes_at = march.signup_opens_at.replace(year=2014, month=2)
    session.commit()
    assert "Sign-up closed on" in words_of(press(press(page, "leave:2"), "send"))
    assert len(everybody(session)) == 1
    assert client.get(A_CLASS).status_code == 302
    answer = client.get(f"{link}/list", follow_redirects=True)
    assert "Nobody can be added any more." in words_of(answer)


@pytest.mark.parametrize(
    "held", ["", "x", "1", "[[1]]", '[["a", 0, {}]]', "[[1, 0, []]]", "[[1e999, 0, {}]]", "[" * 9999]
)
def test_a_page_that_was_tampered_with_is_refused(client: FlaskClient, march: March, held: str) -> None:
    rows = urlsafe_b64encode(zlib.compress(held.encode())).decode()
    for tampered in (rows, rows[:-4], held):
        assert client.post(A_CLASS, data=CONTACT | {"step": "check", "rows": tampered}).status_code == 400


def test_a_page_cannot_unpack_to_more_than_a_list(client: FlaskClient, march: March) -> None:
    bomb = urlsafe_b64encode(zlib.compress(b'[[1, 0, {"diet": "' + bytes(MOST_UNPACKED) + b'"}]]')).decode()
    assert client.post(A_CLASS, data=CONTACT | {"step": "check", "rows": bomb}).status_code == 400


def test_a_long_list_asks_the_database_no_more_than_a_short_one(march: March, send_file: Sent) -> None:
    short, long = (workbook(children(count)) for count in (2, 40))
    send_file(short)  # what is read once for all is read now
    assert statements_of(lambda: send_file(long)) == statements_of(lambda: send_file(short))


def statements_of(act: Callable[[], object]) -> int:
    """Return how often the database is asked."""
    statements: list[str] = []

    def note(*given: object) -> None:
        statements.append(str(given[2]))

    event.listen(db.engine, "before_cursor_execute", note)
    act()
    event.remove(db.engine, "before_cursor_execute", note)
    return len(statements)


def test_there_are_lists_of_three_kinds_only(client: FlaskClient, march: March) -> None:
    assert client.get("/marches/victory/sign-up/list/family").status_code == 404
    assert client.get("/marches/victory/sign-up/list/school_class/template.ods").status_code == 404


def test_only_who_holds_the_link_adds_to_a_party(client: FlaskClient, session: Session, march: March) -> None:
    assert client.get("/registrations/made-up/list").status_code == 404
    family = make_party(session, march, kind=PartyKind.FAMILY)
    link = give_link(session, family, now=datetime.now(UTC), expires_at=datetime(2099, 1, 1, tzinfo=UTC))
    session.commit()
    assert client.get(f"/registrations/{link.secret}/list").status_code == 404
