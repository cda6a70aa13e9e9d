"""The invented people of the demo march."""

import re
from collections import Counter
from datetime import date

import phonenumbers
import pytest
from email_validator import validate_email

from marchapp.demo.names import mailbox, passport_name, womens_form
from marchapp.demo.people import Person, invent_people

FIRST_DAY = date(2014, 9, 17)
PEOPLE = invent_people()
CHILDREN = [person for person in PEOPLE if person.category == "schoolchild"]


def age(person: Person) -> int:
    return int((FIRST_DAY - person.birth_date).days / 365.25)


def test_they_are_the_same_every_time() -> None:
    assert invent_people() == PEOPLE


def test_about_a_hundred_come_from_both_countries_in_all_categories() -> None:
    assert 95 <= len(PEOPLE) <= 110
    kinds = Counter((person.category, person.country) for person in PEOPLE)
    assert len(kinds) == 6
    assert min(kinds.values()) >= 8


def test_children_of_12_to_17_come_in_two_classes_of_each_country_with_a_guardian() -> None:
    assert {age(child) for child in CHILDREN} == set(range(12, 18))
    assert Counter(country for country, _ in {(c.country, c.school_class) for c in CHILDREN}) == {
        "NO": 2,
        "RU": 2,
    }
    assert all(child.guardian_name and child.guardian_phone for child in CHILDREN)


def test_adults_name_what_they_serve() -> None:
    for person in PEOPLE:
        if person.category == "official":
            assert person.body
            assert person.position
        if person.category == "border_guard":
            assert person.service
            assert person.unit
            assert person.rank


def test_names_are_in_the_own_script_and_in_latin_as_in_the_passport() -> None:
    for person in PEOPLE:
        latin = f"{person.given_name} {person.family_name}"
        if person.country == "RU":
            assert re.fullmatch(r"[А-ЯЁа-яё]+ [А-ЯЁа-яё]+", person.native_name)
            assert passport_name(person.native_name) == latin
            assert latin.isascii()
        else:
            assert person.native_name == latin


@pytest.mark.parametrize("person", PEOPLE, ids=lambda person: person.family_name)
def test_phones_and_addresses_can_be_written_to_nobody(person: Person) -> None:
    for number in filter(None, (person.phone, person.emergency_phone, person.guardian_phone)):
        parsed = phonenumbers.parse(number)
        assert phonenumbers.is_valid_number(parsed)
        assert phonenumbers.region_code_for_number(parsed) == "SE"
        assert phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164) == number.replace(
            " ", ""
        )
    validate_email(person.email, check_deliverability=False, test_environment=False)
    assert person.email.isascii()
    assert person.email.endswith(("@example.org", "@example.com"))


def test_siblings_share_one_address() -> None:
    shared = [email for email, count in Counter(person.email for person in PEOPLE).items() if count > 1]
    siblings = [person for person in PEOPLE if person.email in shared]
    assert len(siblings) == 2
    assert len({person.family_name for person in siblings}) == 1
    assert len({person.guardian_phone for person in siblings}) == 1


def test_two_people_differ_by_birth_date_alone() -> None:
    [(name, count)] = [
        item for item in Counter(person.native_name for person in PEOPLE).items() if item[1] > 1
    ]
    assert count == 2
    assert len({person.birth_date for person in PEOPLE if person.native_name == name}) == 2


def test_some_walk_a_part_and_some_have_cancelled() -> None:
    assert {person.stages for person in PEOPLE} >= {(1,), (3,), (1, 2, 3)}
    cancelled = [person for person in PEOPLE if person.cancelled_at]
    assert cancelled
    assert all(person.registered_at < person.cancelled_at for person in cancelled if person.cancelled_at)


@pytest.mark.parametrize(
    ("cyrillic", "latin"),
    [
        ("Юлия Щербакова", "Iuliia Shcherbakova"),
        ("Илья Хацкевич", "Ilia Khatskevich"),
        ("Подъячев", "Podieiachev"),
    ],
)
def test_a_russian_name_is_written_as_in_a_passport(cyrillic: str, latin: str) -> None:
    assert passport_name(cyrillic) == latin


def test_a_woman_bears_her_own_form_of_a_family_name() -> None:
    assert [womens_form(name) for name in ("Козлов", "Калинин", "Успенский")] == [
        "Козлова",
        "Калинина",
        "Успенская",
    ]


def test_a_mailbox_is_plain() -> None:
    assert mailbox("Ådne Sæther") == "adne.saether"
