"""How Flask-Security is set up for this program: its words, its letters, its pages."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Flask
from flask_babel import lazy_gettext as _l
from flask_security import LoginForm, MailUtil, views
from flask_security.core import Security
from flask_security.forms import ChangePasswordForm, ForgotPasswordForm, ResetPasswordForm, VerifyForm
from flask_security.recovery_codes import mf_recovery
from wtforms import BooleanField, EmailField, PasswordField

from marchapp import limits
from marchapp.accounts import devices, passkeys, second_step, tidings
from marchapp.accounts.passwords import ChecksInTurn, ChecksStranger, Passwords
from marchapp.extensions import db, limiter
from marchapp.mail import messages
from marchapp.models import Account, Appointment, Passkey

SETTINGS: dict[str, Any] = {
    "SECURITY_RECOVERABLE": True,
    "SECURITY_RETURN_GENERIC_RESPONSES": True,
    "SECURITY_SEND_PASSWORD_RESET_NOTICE_EMAIL": False,
    "SECURITY_EMAIL_VALIDATOR_ARGS": {"check_deliverability": False},
    "SECURITY_PASSWORD_LENGTH_MIN": 8,
    "SECURITY_RESET_PASSWORD_WITHIN": timedelta(days=7),
    "SECURITY_CHANGEABLE": True,
    "SECURITY_SEND_PASSWORD_CHANGE_EMAIL": False,  # tidings.py tells it
    # Who did not sign in within the hour does so again before what access.fresh_account() guards.
    "SECURITY_FRESHNESS": timedelta(hours=1),
    "SECURITY_FRESHNESS_GRACE_PERIOD": timedelta(hours=1),
    "SECURITY_LOGIN_URL": "/sign-in",
    "SECURITY_LOGOUT_URL": "/sign-out",
    "SECURITY_RESET_URL": "/new-password",
    "SECURITY_CHANGE_URL": "/account/password",
    "SECURITY_VERIFY_URL": "/sign-in/again",
    "SECURITY_LOGOUT_METHODS": ["POST"],
    "SECURITY_POST_LOGIN_VIEW": "/start",
    "SECURITY_POST_LOGOUT_VIEW": "/",
    "SECURITY_POST_RESET_VIEW": "/sign-in",
    "SECURITY_POST_CHANGE_VIEW": "/account",
    "SECURITY_POST_VERIFY_VIEW": "/account",
    "SECURITY_LOGIN_USER_TEMPLATE": "accounts/sign_in.html",
    "SECURITY_FORGOT_PASSWORD_TEMPLATE": "accounts/forgot_password.html",
    "SECURITY_RESET_PASSWORD_TEMPLATE": "accounts/new_password.html",
    "SECURITY_CHANGE_PASSWORD_TEMPLATE": "accounts/change_password.html",
    "SECURITY_VERIFY_TEMPLATE": "accounts/sign_in_again.html",
    "SECURITY_MSG_UNAUTHENTICATED": (_l("Sign in to see this page."), "info"),
    "SECURITY_MSG_GENERIC_AUTHN_FAILED": (
        _l("The e-mail address or the password is not right. Try again, or ask for a new password."),
        "error",
    ),
    "SECURITY_MSG_PASSWORD_RESET_REQUEST": (
        _l("If %(email)s belongs to an account, a letter with a link to a new password is on its way."),
        "info",
    ),
    "SECURITY_MSG_PASSWORD_RESET_NO_LOGIN": (
        _l("The new password is set. Sign in with it."),
        "done",
    ),
    "SECURITY_MSG_PASSWORD_RESET_EXPIRED": (
        _l("This link to a new password is too old. Ask for another."),
        "problem",
    ),
    "SECURITY_MSG_INVALID_RESET_PASSWORD_TOKEN": (
        _l("This link to a new password does not work any more. Ask for another."),
        "problem",
    ),
    "SECURITY_MSG_REAUTHENTICATION_REQUIRED": (
        _l("This page shows or changes what must be kept safe. Write your password once more to see it."),
        "info",
    ),
    "SECURITY_MSG_REAUTHENTICATION_SUCCESSFUL": (_l("Thank you, it is you."), "done"),
    "SECURITY_MSG_PASSWORD_CHANGE": (
        _l("The new password is set. On other devices you are signed out."),
        "done",
    ),
    "SECURITY_MSG_INVALID_PASSWORD": (_l("This is not your password. Write it again."), "error"),
    "SECURITY_MSG_PASSWORD_IS_THE_SAME": (_l("This is the password that you have. Write another."), "error"),
    "SECURITY_MSG_PASSWORD_INVALID_LENGTH": (_l("Use %(length)s to 128 characters."), "error"),
    "SECURITY_MSG_PASSWORD_NOT_PROVIDED": (_l("Write your password."), "error"),
    "SECURITY_MSG_RETYPE_PASSWORD_MISMATCH": (_l("The two passwords differ. Write the same twice."), "error"),
    "SECURITY_MSG_EMAIL_NOT_PROVIDED": (_l("Write your e-mail address."), "error"),
    "SECURITY_MSG_INVALID_EMAIL_ADDRESS": (
        _l("This is no e-mail address. Write it as name@example.org."),
        "error",
    ),
}


class SignInForm(ChecksStranger, LoginForm):
    email = EmailField(_l("E-mail"), validators=LoginForm.email.kwargs["validators"])
    password = PasswordField(_l("Password"), validators=LoginForm.password.kwargs["validators"])
    remember = BooleanField(_l("Stay signed in on this device"))

    def __init__(self, *values: Any, **given: Any) -> None:
        super().__init__(*values, **given)
        if not self.next.data:  # else the second step would lead back here
            self.next.data = SETTINGS["SECURITY_POST_LOGIN_VIEW"]


class NewPasswordLetterForm(ForgotPasswordForm):
    email = EmailField(_l("E-mail"), validators=ForgotPasswordForm.email.kwargs["validators"])


class NewPasswordForm(ResetPasswordForm):
    password = PasswordField(_l("New password"), validators=ResetPasswordForm.password.kwargs["validators"])
    password_confirm = PasswordField(
        _l("The same once more"), validators=ResetPasswordForm.password_confirm.kwargs["validators"]
    )


class SignInAgainForm(ChecksInTurn, VerifyForm):
    password = PasswordField(_l("Password"), validators=VerifyForm.password.kwargs["validators"])


class OtherPasswordForm(ChecksInTurn, ChangePasswordForm):
    password = PasswordField(
        _l("The password until now"), validators=ChangePasswordForm.password.kwargs.get("validators")
    )
    new_password = PasswordField(
        _l("New password"), validators=ChangePasswordForm.new_password.kwargs["validators"]
    )
    new_password_confirm = PasswordField(
        _l("The same once more"), validators=ChangePasswordForm.new_password_confirm.kwargs["validators"]
    )


class OutboxMail(MailUtil):
    """Sends Flask-Security's letters as ours: in the reader's language, through the outbox."""

    def send_mail(
        self,
        template: str,
        subject: str,
        recipient: Any,
        sender: Any,
        body: str | None,
        html: str | None,
        **values: Any,
    ) -> None:
        account: Account = values["user"]
        messages.write(
            db.session,
            template="new_password",
            recipient=account.email,
            language=account.language,
            now=datetime.now(UTC),
            account=account,
            secret=values["reset_token"],
        )
        db.session.commit()  # this is the whole request: Flask-Security itself writes nothing


def _guessed(view: Callable[..., Any], size: str, key: Callable[[], str]) -> Callable[..., Any]:
    """Return a view of Flask-Security that limits how often one may be wrong."""
    return limiter.limit(
        size, key_func=key, methods=["POST"], deduct_when=limits.is_wrong, override_defaults=False
    )(view)


# Made once, however many applications there are: each time would count once more.
GUESSED_AT: dict[str, Callable[..., Any]] = {
    "security.login": _guessed(views.login, limits.WRONG_PASSWORDS, limits.whose_password),
    "security.verify": _guessed(views.verify, limits.WRONG_PASSWORDS, limits.whose_password),
    "security.change_password": _guessed(
        views.change_password, limits.WRONG_PASSWORDS, limits.whose_password
    ),
    "security.two_factor_token_validation": _guessed(
        views.two_factor_token_validation, limits.WRONG_CODES, limits.whose_code
    ),
    "security.mf_recovery": _guessed(mf_recovery, limits.WRONG_CODES, limits.whose_code),
}


def init_app(app: Flask) -> None:
    app.config.update(SETTINGS | second_step.SETTINGS | passkeys.SETTINGS)
    app.config["SECURITY_DATETIME_FACTORY"] = lambda: datetime.now(UTC)
    app.config["SECURITY_TOTP_SECRETS"] = {"1": app.config["SECRET_KEY"]}  # asked for, and not used
    # Roles are held for each march, in Appointment; Flask-Security's own global roles are not used.
    datastore = second_step.Accounts(db, Account, Appointment, webauthn_model=Passkey)
    security = Security(
        app,
        datastore,
        login_form=SignInForm,
        forgot_password_form=NewPasswordLetterForm,
        reset_password_form=NewPasswordForm,
        verify_form=SignInAgainForm,
        change_password_form=OtherPasswordForm,
        mail_util_cls=OutboxMail,
        password_util_cls=Passwords,
        **second_step.FORMS,
        **passkeys.FORMS,
    )
    for part in (second_step, tidings, devices):
        part.init_app(app)
    app.view_functions.update(GUESSED_AT)
    security.want_json(lambda _request: False)  # its answers are pages, to scripts too
