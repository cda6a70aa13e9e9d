"""What cells mean: countries and languages by name, yes and no, stages, phones that a spreadsheet changed."""

from datetime import date

import pytest

from marchapp.models import Stage
from marchapp.registration.lists.values import (
    CutOffNumber,
    TurnedIntoDate,
    UnknownWord,
    read_country,
    read_languages,
    read_phone,
    read_stages,
    read_yes_no,
)

STAGES = [Stage(id=10 + number, number=number, day=date(2014, 9, 16 + number)) for number in (1, 2, 3)]


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("Norway", "NO"),
        ("norge", "NO"),
        ("Норвегия", "NO"),
        ("NO", "NO"),
        (" no ", "NO"),
        ("Россия", "RU"),
        ("РФ", "RU"),
        ("Russland", "RU"),
        ("Russian Federation", "RU"),
        ("Finland", "FI"),
        ("Финляндия", "FI"),
        ("UK", "GB"),
        ("SVERIGE", "SE"),
    ],
)
def test_a_country_is_known_by_its_name_or_its_letters(written: str, code: str) -> None:
    assert read_country(written) == code


def test_an_unknown_country_is_not_guessed() -> None:
    with pytest.raises(UnknownWord):
        read_country("Norwegen am Meer")


def test_languages_are_listed_in_any_way() -> None:
    assert read_languages("Norwegian, russisk og английский") == ["no", "ru", "en"]
    assert read_languages("nb; nn / se") == ["no", "se"]
    with pytest.raises(UnknownWord, match="Klingonish"):
        read_languages("Norwegian, Klingonish")


@pytest.mark.parametrize("word", ["yes", "Ja", "ДА", "x", "1", "True", "✓"])
def test_yes_is_yes(word: str) -> None:
    assert read_yes_no(word)


@pytest.mark.parametrize("word", ["no", "Nei", "нет", "", "0", "False", "-"])
def test_no_is_no(word: str) -> None:
    assert not read_yes_no(word)


def test_maybe_is_asked_about() -> None:
    with pytest.raises(UnknownWord):
        read_yes_no("maybe")


@pytest.mark.parametrize(
    ("written", "ids"),
    [
        ("", [11, 12, 13]),
        ("all", [11, 12, 13]),
        ("Alle", [11, 12, 13]),
        ("все этапы", [11, 12, 13]),
        ("2", [12]),
        ("1, 3", [11, 13]),
        ("3 and 1", [11, 13]),
        ("1 og 2", [11, 12]),
        ("1-3", [11, 12, 13]),
        ("2–3", [12, 13]),
        ("1.3", [11, 13]),
        ("2014-09-18", [12]),
        ("17.09, 19.09", [11, 13]),
        ("18 September", [12]),
        ("19. sept.", [13]),
        ("17 сентября 2014", [11]),
    ],
)
def test_stages_are_named_by_number_or_day(written: str, ids: list[int]) -> None:
    assert read_stages(written, STAGES) == ids


@pytest.mark.parametrize("written", ["4", "0-3", "3-1", "20.09", "some", "1, 20 September"])
def test_stages_that_there_are_not_are_asked_about(written: str) -> None:
    with pytest.raises(UnknownWord):
        read_stages(written, STAGES)


@pytest.mark.parametrize("written", ["2026-03-01", "0000-00-00"])
def test_a_run_that_the_spreadsheet_took_for_a_date_is_asked_about(written: str) -> None:
    with pytest.raises(TurnedIntoDate):
        read_stages(written, STAGES)


@pytest.mark.parametrize(
    ("written", "country", "number"),
    [
        ("+47 406 00 000", "NO", "+47 406 00 000"),
        ("406 00 000", "NO", "406 00 000"),
        ("40600000", "NO", "40600000"),
        ("40600000.0", "NO", "40600000"),
        ("4740600000", "SE", "+4740600000"),
        ("4740600000", "RU", "4740600000"),  # a number of Lipetsk as well
        ("79211234567", "NO", "+79211234567"),
        ("004740600000", "RU", "+4740600000"),
        ("'+47 406 00 000", "NO", "+47 406 00 000"),
        ("8 921 123-45-67", "RU", "8 921 123-45-67"),
        ("ask at school", "NO", "ask at school"),
    ],
)
def test_a_phone_number_gets_back_what_a_spreadsheet_took(written: str, country: str, number: str) -> None:
    assert read_phone(written, country) == number


@pytest.mark.parametrize("written", ["4.06E+10", "4,74E+09", "7.92112E+10"])
def test_a_number_whose_figures_are_lost_is_asked_about(written: str) -> None:
    with pytest.raises(CutOffNumber):
        read_phone(written, "NO")
