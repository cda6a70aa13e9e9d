"""Columns are known by their headings: any order, three languages, case, accents, synonyms, slips."""

import pytest

from marchapp.registration.lists.columns import COLUMNS
from marchapp.registration.lists.headings import Headings, find_headings
from marchapp.registration.lists.sheets import Line, Sheet

ALL = (*COLUMNS, "passport_number", "passport_country", "passport_expires_on")


def sheet(*lines: list[str], name: str = "") -> Sheet:
    return Sheet(name, tuple(Line(number, tuple(cells)) for number, cells in enumerate(lines, start=1)))


def found(*headings: str) -> Headings:
    known = find_headings([sheet([*headings])], ALL, {})
    assert known
    return known


def meant(heading: str) -> str | None:
    """Return the column that one heading names, beside two that nobody mistakes."""
    return found("Given name", "Family name", heading).columns.get(2)


@pytest.mark.parametrize(
    ("heading", "column"),
    [
        ("Birth date", "birth_date"),
        ("DATE OF BIRTH *", "birth_date"),
        ("Fødselsdato", "birth_date"),
        ("fodselsdato", "birth_date"),
        ("Дата рождения", "birth_date"),
        ("Birth date (DD.MM.YYYY)", "birth_date"),
        ("Bithr date", "birth_date"),
        ("Dato for fødsel", None),
        ("Hjemkommune", "municipality"),
        ("Гражданство", "country"),
        ("Name in own letters", "native_name"),
        ("ФИО", "native_name"),
        ("Klasse", "school_class"),
        ("Phone", "phone"),
        ("Phone of the guardian", "guardian_phone"),
        ("Guardian 1: phone", "guardian_phone"),
        ("Phone of guardian 2", "guardian2_phone"),
        ("Foresatt 2 e-post", "guardian2_email"),
        ("Mor", "guardian_name"),
        ("Fars mobil", "guardian2_phone"),
        ("Far mobil", "guardian2_phone"),
        ("Телефон матери", "guardian_phone"),
        ("Законный представитель", "guardian_name"),
        ("Электронная почта отца", "guardian2_email"),
        ("Nødkontakt", "emergency_name"),
        ("Телефон экстренного контакта", "emergency_phone"),
        ("Passnummer", "passport_number"),
        ("Passnr.", "passport_number"),
        ("Dokumentnr", "document_number"),
        ("Dokument nr.", "document_number"),
        ("Språk", "spoken"),
        ("Язык писем", "language"),
        ("Shoe size", None),
    ],
)
def test_a_heading_is_understood(heading: str, column: str | None) -> None:
    assert meant(heading) == column


def test_guardian_2_is_never_taken_for_guardian_1() -> None:
    assert found("Given name", "Family name", "Guardian 1 phone", "Guardian 2 phone").columns == {
        0: "given_name",
        1: "family_name",
        2: "guardian_phone",
        3: "guardian2_phone",
    }


def test_columns_stand_in_any_order_and_unknown_ones_are_named() -> None:
    known = found("Family name", "Shoe size", "Given name", "")
    assert known.columns == {0: "family_name", 2: "given_name"}
    assert known.unknown == ("Shoe size",)


def test_the_second_column_of_the_same_name_is_not_understood() -> None:
    assert found("Given name", "Family name", "Fornavn").unknown == ("Fornavn",)


def test_headings_may_stand_below_a_title() -> None:
    known = find_headings([sheet(["Class 7B"], ["Fornavn", "Etternavn"], ["Kari", "Hansen"])], ALL, {})
    assert known
    assert known.answers(ALL) == [(3, {"given_name": "Kari", "family_name": "Hansen"})]


def test_the_sheet_whose_headings_are_known_best_is_read() -> None:
    notes = sheet(["Given name", "Family name"], name="Notes")
    people = sheet(["Given name", "Family name", "Country"], name="People")
    known = find_headings([notes, people], ALL, {})
    assert known
    assert known.sheet.name == "People"
    assert known.other_sheets == ()


def test_other_sheets_with_people_are_named() -> None:
    sheets = [sheet(["Given name", "Family name", "Country"], name=name) for name in ("7A", "7B", "7C")]
    known = find_headings(sheets, ALL, {})
    assert known
    assert (known.sheet.name, known.other_sheets) == ("7A", ("7B", "7C"))


def test_words_of_our_own_templates_are_known() -> None:
    known = find_headings([sheet(["Ðð", "Þþ"])], ALL, {"given_name": {"ðð"}, "family_name": {"þþ"}})
    assert known


def test_rows_without_headings_are_not_guessed_at() -> None:
    assert find_headings([sheet(["Kari", "Hansen", "17.05.2001"])], ALL, {}) is None


def test_columns_that_are_not_asked_for_are_not_read() -> None:
    known = find_headings([sheet(["Given name", "Family name", "Rank"])], ["given_name", "family_name"], {})
    assert known
    assert known.unknown == ("Rank",)
