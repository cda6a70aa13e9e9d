"""A coordinator who is signed in, and requests that run as on a server."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from tests.factories import Cast


@pytest.fixture
def coordinator(sign_in: Callable[..., FlaskClient], cast: Cast) -> FlaskClient:
    return sign_in(cast.coordinator)
