"""The second step of signing in: a code of an authenticator app, or one of ten recovery codes.

Flask-Security leads through it. Here stand how secrets are kept, and what is asked where.
"""

from typing import Any

from flask import Flask, current_app, redirect, request, session
from flask_babel import lazy_gettext as _l
from flask_security import SQLAlchemyUserDatastore, UserMixin, current_user
from flask_security.forms import TwoFactorRescueForm, TwoFactorVerifyCodeForm
from flask_security.recovery_codes import MfRecoveryCodesUtil, MfRecoveryForm
from flask_security.totp import Totp
from passlib.totp import TotpMatch
from werkzeug import Response
from wtforms import RadioField, StringField

from marchapp.accounts.tidings import tell
from marchapp.extensions import vault
from marchapp.models import Account

CODES = 10
BEFORE_SIGNED_IN = {
    "security.two_factor_token_validation",
    "security.two_factor_rescue",
    "security.tf_select",
    "security.mf_recovery",
    "security.wan_signin",
    "security.wan_signin_response",
}
SETTINGS: dict[str, Any] = {
    "SECURITY_TWO_FACTOR": True,
    "SECURITY_TWO_FACTOR_ENABLED_METHODS": ["authenticator"],
    "SECURITY_TWO_FACTOR_AUTHENTICATOR_VALIDITY": 30,  # seconds that a clock may be off
    "SECURITY_TWO_FACTOR_RESCUE_EMAIL": False,  # whoever reads the letters could reset the password, too
    "SECURITY_TOTP_ISSUER": "march",
    "SECURITY_MULTI_FACTOR_RECOVERY_CODES": True,
    "SECURITY_MULTI_FACTOR_RECOVERY_CODES_N": CODES,
    "SECURITY_TWO_FACTOR_SETUP_URL": "/account/second-step",
    "SECURITY_MULTI_FACTOR_RECOVERY_CODES_URL": "/account/recovery-codes",
    "SECURITY_TWO_FACTOR_TOKEN_VALIDATION_URL": "/sign-in/code",
    "SECURITY_TWO_FACTOR_RESCUE_URL": "/sign-in/other-ways",
    "SECURITY_TWO_FACTOR_SELECT_URL": "/sign-in/which-way",
    "SECURITY_MULTI_FACTOR_RECOVERY_URL": "/sign-in/recovery-code",
    "SECURITY_TWO_FACTOR_POST_SETUP_VIEW": "/account/recovery-codes",
    "SECURITY_TWO_FACTOR_SETUP_TEMPLATE": "accounts/second_step.html",
    "SECURITY_TWO_FACTOR_VERIFY_CODE_TEMPLATE": "accounts/code.html",
    "SECURITY_MULTI_FACTOR_RECOVERY_TEMPLATE": "accounts/recovery_code.html",
    "SECURITY_MULTI_FACTOR_RECOVERY_CODES_TEMPLATE": "accounts/recovery_codes.html",
    "SECURITY_MSG_TWO_FACTOR_INVALID_TOKEN": (
        _l("This code does not fit. Each works once and for half a minute: write the one shown now."),
        "problem",
    ),
    "SECURITY_MSG_INVALID_RECOVERY_CODE": (
        _l("This is none of your recovery codes, or it was used before. Write another."),
        "problem",
    ),
    "SECURITY_MSG_TWO_FACTOR_LOGIN_SUCCESSFUL": (_l("You are signed in."), "done"),
    "SECURITY_MSG_TWO_FACTOR_CHANGE_METHOD_SUCCESSFUL": (
        _l("The second step is on. Now take recovery codes along, for the day on which the phone is lost."),
        "done",
    ),
    "SECURITY_MSG_TWO_FACTOR_DISABLED": (_l("The second step is off."), "done"),
    "SECURITY_MSG_TWO_FACTOR_PERMISSION_DENIED": (_l("Sign in with your password first."), "info"),
    "SECURITY_MSG_TWO_FACTOR_SETUP_EXPIRED": (
        _l("That took longer than half an hour. Scan this new picture."),
        "problem",
    ),
    "SECURITY_MSG_TWO_FACTOR_METHOD_NOT_AVAILABLE": (
        _l("Coordinators of this site sign in with a second step."),
        "problem",
    ),
}


class OneTimeCodes(Totp):
    """Codes of which each works once.

    On its way to the page and back, in cookie and address, a new secret is sealed; in the database its column
    is encrypted like all others, so that keys are changed for it, too.
    """

    def generate_totp_secret(self) -> str:
        return vault.encrypt(self._totp.new().to_json(encrypt=False).encode()).decode()

    def fetch_setup_values(self, totp: str, user: UserMixin) -> dict[str, str]:
        return super().fetch_setup_values(opened(totp), user)

    def verify_totp(self, token: str, totp_secret: str, user: UserMixin, window: int = 0) -> bool:
        return super().verify_totp(token, opened(totp_secret), user, window)

    def get_last_counter(self, user: Any) -> int | None:
        return user.totp_counter

    def set_last_counter(self, user: Any, tmatch: TotpMatch) -> None:
        user.totp_counter = tmatch.counter


class Accounts(SQLAlchemyUserDatastore):
    """The accounts, as Flask-Security reaches them."""

    def tf_set(
        self,
        user: UserMixin,
        primary_method: str,
        totp_secret: str | None = None,
        phone: str | None = None,
    ) -> None:
        super().tf_set(user, primary_method, totp_secret and opened(totp_secret), phone)


def opened(secret: str) -> str:
    """Return a secret that may be sealed as its column keeps it."""
    return secret if secret.startswith("{") else vault.decrypt(secret.encode()).decode()


class HashedRecoveryCodes(MfRecoveryCodesUtil):
    """Recovery codes that are shown once, when they are made: the database holds only their hashes."""

    def get_recovery_codes(self, user: UserMixin) -> list[str]:
        return []  # nobody can read them any more

    def check_recovery_code(self, user: UserMixin, code: str) -> bool:
        is_one = _hash(code) in (user.mf_recovery_codes or [])
        if not is_one:
            user.track_failed_authn("recovery code", tfa=True)
        return is_one

    def delete_recovery_code(self, user: UserMixin, code: str) -> bool:
        kept = user.mf_recovery_codes or []
        user.mf_recovery_codes = [one for one in kept if one != _hash(code)]
        return len(user.mf_recovery_codes) < len(kept)

    def _encrypt_codes(self, codes: list[str]) -> list[str]:
        return [_hash(code) for code in codes]


def _hash(code: str) -> str:
    typed = "".join(code.lower().split()).replace("-", "")
    return vault.sign(f"recovery code {typed}")


class CodeForm(TwoFactorVerifyCodeForm):
    code = StringField(_l("Code"), validators=TwoFactorVerifyCodeForm.code.kwargs["validators"])


class RecoveryCodeForm(MfRecoveryForm):
    code = StringField(_l("Recovery code"), validators=MfRecoveryForm.code.kwargs["validators"])


class OtherWaysForm(TwoFactorRescueForm):
    """Without a letter to an administrator: the page says whom to ask."""

    help_setup = RadioField(choices=[])


def lead_on() -> Response | None:
    """Lead who is signed in already to their pages: Flask-Security would sign them out, even by a GET."""
    if request.endpoint in BEFORE_SIGNED_IN and current_user.is_authenticated:
        return redirect(current_app.config["SECURITY_POST_LOGIN_VIEW"])
    return None


def offered() -> dict[str, Any]:
    """Return what the page of the second step shows: a secret to scan, the same until it is taken."""
    codes = current_app.extensions["security"].totp_factory
    if "tf_totp_secret" not in session:
        session["tf_totp_secret"] = codes.generate_totp_secret()
    secret = session["tf_totp_secret"]
    state = {"totp_secret": secret, "method": "authenticator", "phone": None}
    return {
        "picture": codes.fetch_setup_values(secret, current_user),
        "proof": current_app.extensions["security"].tf_setup_serializer.dumps(state),
        "is_demanded": current_user.check_tf_required_setup(),
    }


def turn_off(account: Account) -> None:
    """Let somebody in without phone and codes, as whoever runs the site decided; a letter tells them."""
    account.tf_primary_method = account.tf_totp_secret = account.mf_recovery_codes = None
    account.webauthn = []
    tell(account, "account.second_step_changed", by=None)


FORMS: dict[str, Any] = {
    "two_factor_verify_code_form": CodeForm,
    "two_factor_rescue_form": OtherWaysForm,
    "mf_recovery_form": RecoveryCodeForm,
    "totp_cls": OneTimeCodes,
    "mf_recovery_codes_util_cls": HashedRecoveryCodes,
}


def init_app(app: Flask) -> None:
    app.extensions["security"].tf_setup_context_processor(offered)
