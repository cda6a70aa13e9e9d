"""An authenticator app, as far as tests need one."""

from datetime import datetime, timedelta
from typing import Any

from flask import current_app
from passlib.totp import TOTP

from marchapp.accounts.second_step import opened
from marchapp.models import Account


def set_up(account: Account, **given: Any) -> str:
    """Give an account a second step; return its secret."""
    security = current_app.extensions["security"]
    secret = security.totp_factory.generate_totp_secret()
    security.datastore.tf_set(account, "authenticator", totp_secret=secret, **given)
    return opened(secret)


def code_at(secret: str, moment: datetime, later: timedelta = timedelta()) -> str:
    """Return the code that the app shows; `secret` is as it is kept, or the key in the picture."""
    app = TOTP.from_source(secret) if secret.startswith("{") else TOTP(secret)
    return app.generate(moment + later).token
