"""What changed in how somebody signs in: recorded, told by letter, and other devices are signed out."""

from datetime import UTC, datetime
from typing import Any

from flask import Flask
from flask_security import current_user
from flask_security.signals import (
    password_changed,
    password_reset,
    tf_disabled,
    tf_profile_changed,
    user_failed_authn,
)

from marchapp.accounts.devices import end_others
from marchapp.extensions import db, now_write
from marchapp.mail import messages
from marchapp.models import Account
from marchapp.models.audit import record_of_account


def tell_password(_app: Flask, user: Account, **_named: Any) -> None:
    tell(user, "account.password_changed", by=user)


def tell_second_step(_app: Flask, user: Account, **_named: Any) -> None:
    tell(user, "account.second_step_changed", by=user)


def tell(user: Account, action: str, *, by: Account | None) -> None:
    """Whoever did not do it themselves reads in the letter what to do; `by` nobody means the command line."""
    now = datetime.now(UTC)
    user = db.session.get_one(Account, user.id)  # Flask-Security hands on its proxy, too
    record_of_account(db.session, user, action, at=now, by=by and user)
    end_others(user)
    messages.write(
        db.session,
        template="account_changed",
        recipient=user.email,
        language=user.language,
        now=now,
        account=user,
        is_about_password=action == "account.password_changed",
    )


def record_failure(_app: Flask, user: Account, **_named: Any) -> None:
    """Record a wrong password or code, so that the coordinators of the march see who is being tried."""
    now_write()
    is_themselves = current_user.is_authenticated and current_user.id == user.id
    record_of_account(
        db.session,
        user,
        "account.sign_in_failed",
        at=datetime.now(UTC),
        by=user if is_themselves else None,
    )
    db.session.commit()


def init_app(app: Flask) -> None:
    for changed in (password_changed, password_reset):
        changed.connect(tell_password, app)
    for changed in (tf_profile_changed, tf_disabled):
        changed.connect(tell_second_step, app)
    user_failed_authn.connect(record_failure, app)
