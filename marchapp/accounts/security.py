"""How Flask-Security is set up for this program: its words, its letters, its pages."""

from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Flask
from flask_babel import lazy_gettext as _l
from flask_security import LoginForm, MailUtil, SQLAlchemyUserDatastore
from flask_security.core import Security
from flask_security.forms import ForgotPasswordForm, ResetPasswordForm
from wtforms import BooleanField, EmailField, PasswordField

from marchapp.extensions import db
from marchapp.mail import messages
from marchapp.models import Account, Appointment

SETTINGS: dict[str, Any] = {
    "SECURITY_RECOVERABLE": True,
    "SECURITY_RETURN_GENERIC_RESPONSES": True,
    "SECURITY_SEND_PASSWORD_RESET_NOTICE_EMAIL": False,
    "SECURITY_EMAIL_VALIDATOR_ARGS": {"check_deliverability": False},
    "SECURITY_PASSWORD_LENGTH_MIN": 8,
    "SECURITY_RESET_PASSWORD_WITHIN": timedelta(days=7),
    "SECURITY_LOGIN_URL": "/sign-in",
    "SECURITY_LOGOUT_URL": "/sign-out",
    "SECURITY_RESET_URL": "/new-password",
    "SECURITY_LOGOUT_METHODS": ["POST"],
    "SECURITY_POST_LOGIN_VIEW": "/start",
    "SECURITY_POST_LOGOUT_VIEW": "/",
    "SECURITY_POST_RESET_VIEW": "/sign-in",
    "SECURITY_LOGIN_USER_TEMPLATE": "accounts/sign_in.html",
    "SECURITY_FORGOT_PASSWORD_TEMPLATE": "accounts/forgot_password.html",
    "SECURITY_RESET_PASSWORD_TEMPLATE": "accounts/new_password.html",
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
    "SECURITY_MSG_PASSWORD_INVALID_LENGTH": (_l("Use %(length)s characters or more."), "error"),
    "SECURITY_MSG_PASSWORD_NOT_PROVIDED": (_l("Write your password."), "error"),
    "SECURITY_MSG_RETYPE_PASSWORD_MISMATCH": (_l("The two passwords differ. Write the same twice."), "error"),
    "SECURITY_MSG_EMAIL_NOT_PROVIDED": (_l("Write your e-mail address."), "error"),
    "SECURITY_MSG_INVALID_EMAIL_ADDRESS": (
        _l("This is no e-mail address. Write it as name@example.org."),
        "error",
    ),
}


class SignInForm(LoginForm):
    email = EmailField(_l("E-mail"), validators=LoginForm.email.kwargs["validators"])
    password = PasswordField(_l("Password"), validators=LoginForm.password.kwargs["validators"])
    remember = BooleanField(_l("Stay signed in on this device"))


class NewPasswordLetterForm(ForgotPasswordForm):
    email = EmailField(_l("E-mail"), validators=ForgotPasswordForm.email.kwargs["validators"])


class NewPasswordForm(ResetPasswordForm):
    password = PasswordField(_l("New password"), validators=ResetPasswordForm.password.kwargs["validators"])
    password_confirm = PasswordField(
        _l("The same once more"), validators=ResetPasswordForm.password_confirm.kwargs["validators"]
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


def init_app(app: Flask) -> None:
    app.config.update(SETTINGS)
    # Roles are held for each march, in Appointment; Flask-Security's own global roles are not used.
    datastore = SQLAlchemyUserDatastore(db, Account, Appointment)
    security = Security(
        app,
        datastore,
        login_form=SignInForm,
        forgot_password_form=NewPasswordLetterForm,
        reset_password_form=NewPasswordForm,
        mail_util_cls=OutboxMail,
    )
    security.want_json(lambda _request: False)  # its answers are pages, to scripts too
