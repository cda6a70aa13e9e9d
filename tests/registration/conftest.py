"""A march with three stages to sign up for, and what people of each category write."""

from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy.orm import Session

from marchapp.models import Category, March
from tests.factories import make_march, make_stage

ANYBODY = {
    "given_name": "Kari Anne",
    "family_name": "Bjørn-Hansen",
    "native_name": "",
    "country": "NO",
    "municipality": "Sør-Varanger",
    "email": "kari@example.org",
    "phone": "406 00 000",
    "language": "nb",
    "emergency_name": "Ola Hansen",
    "emergency_phone": "+47 40 60 00 01",
}
OF_CATEGORY = {
    Category.SCHOOLCHILD: {
        "birth_date": "2001-05-17",
        "school": "Fjordbotn skole",
        "school_class": "7B",
        "guardian_name": "Siri Hansen",
        "guardian_phone": "406 00 002",
        "guardian_email": "siri@example.org",
        "guardian_language": "nb",
        "guardian2_language": "nb",
    },
    Category.OFFICIAL: {"birth_date": "17.05.1975", "body": "Fjordbotn kommune", "position": "Rektor"},
    Category.BORDER_GUARD: {
        "birth_date": "1990-05-17",
        "service": "Grensevakten",
        "unit": "Stasjon Tyttebær",
        "rank": "Menig",
    },
    Category.WALKER: {"birth_date": "1980-05-17"},
}
CONTACT = {
    "name": "",
    "contact_name": "Siri Hansen",
    "contact_email": "siri@example.org",
    "contact_phone": "406 00 002",
    "contact_language": "nb",
}
PASSPORT = {
    "document_kind": "passport",
    "document_number": "ET 1234567",
    "document_country": "NO",
    "document_expires_on": "2014-12-31",
    "document2_kind": "",
}


def answers(march: March, category: Category, **changed: Any) -> dict[str, Any]:
    """Return what a browser sends for a filled-in form; `None` leaves a field away."""
    sent = _filled_in(march, category) | {"form_key": str(uuid4())} | changed
    return {name: value for name, value in sent.items() if value is not None}


def party_answers(march: March, *people: dict[str, Any], **changed: Any) -> dict[str, Any]:
    """Return what a browser sends for a party; each of `people` changes the answers of somebody."""
    sent: dict[str, Any] = CONTACT | {"form_key": str(uuid4()), "people": []}
    for number, person in enumerate(people):
        category = person.get("category", Category.WALKER)
        filled_in = _filled_in(march, category) | {"category": category, "email": "", "phone": ""} | person
        sent |= {f"people-{number}-{name}": value for name, value in filled_in.items()}
        sent["people"].append(str(number))
    return {name: value for name, value in (sent | changed).items() if value is not None}


def _filled_in(march: March, category: Category) -> dict[str, Any]:
    stages = [str(stage.id) for stage in march.stages]
    return ANYBODY | OF_CATEGORY[category] | {"stages": stages}


@pytest.fixture
def march(session: Session) -> March:
    march = make_march(session, slug="victory", capacity=5, contact_email="coordinator@example.org")
    for number in (1, 2, 3):
        make_stage(session, march, number=number)
    session.commit()
    return march
