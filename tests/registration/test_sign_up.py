"""A person of each category signs up through the pages, and what happens when something is wrong."""

from datetime import UTC, date, datetime

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from marchapp.models import Category, March, Message, Participant, Quota
from tests.registration.conftest import OF_CATEGORY, answers

CATEGORIES = list(Category)


def send(client: FlaskClient, march: March, category: Category, **changed: object) -> TestResponse:
    return client.post(f"/marches/{march.slug}/sign-up/{category}", data=answers(march, category, **changed))


def only_participant(session: Session) -> Participant:
    session.expire_all()
    return session.scalars(select(Participant)).one()


@pytest.mark.parametrize("category", CATEGORIES)
def test_somebody_signs_up(client: FlaskClient, session: Session, march: March, category: Category) -> None:
    answer = send(client, march, category)

    assert answer.status_code == 302
    page = client.get(answer.location)
    assert page.status_code == 200
    assert "Kari Anne Bjørn-Hansen is signed up" in page.text
    person = only_participant(session)
    assert person.category == category
    assert person.reference in page.text
    assert (person.country, person.language, person.municipality) == ("NO", "nb", "Sør-Varanger")
    assert person.phone == "+47 40 60 00 00"
