"""Nobody opens what is not theirs."""

from flask.testing import FlaskClient

from tests.factories import Cast


def test_a_stranger_is_asked_to_sign_in(cast: Cast, client: FlaskClient) -> None:
    answer = client.get("/marches/victory/guides")
    assert answer.status_code == 302
    assert answer.location.startswith("/sign-in?next=")


def test_a_coordinator_of_another_march_is_refused(cast: Cast, sign_in) -> None:
    assert sign_in(cast.other_coordinator).get("/marches/victory/guides").status_code == 403
