"""Visitors who sign in by themselves, and are known by their cookies alone."""

from typing import Any

import pytest
from flask import Flask, g, has_app_context
from flask.testing import FlaskClient
from werkzeug.test import TestResponse


class Visitor(FlaskClient):
    """A client that is known by its cookies: the context of the test would keep who was signed in before."""

    def open(self, *wanted: Any, **options: Any) -> TestResponse:
        if has_app_context():
            g.pop("_login_user", None)
        return super().open(*wanted, **options)


@pytest.fixture
def client(app: Flask) -> Visitor:
    return Visitor(app, app.response_class, use_cookies=True)
