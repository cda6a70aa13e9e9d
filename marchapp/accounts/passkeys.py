"""Passkeys: a device signs in with its own key, opened by fingerprint, face or PIN: both steps at once.

Flask-Security leads through making and using them. Here stand what is asked of a device, and where.
"""

from collections.abc import Sequence
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_security import UserMixin
from flask_security.webauthn import WebAuthnRegisterForm
from flask_security.webauthn_util import WebauthnUtil
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)
from wtforms import HiddenField, StringField

FAILED = _l("That did not work. Try again, or sign in with your password.")
SETTINGS: dict[str, Any] = {
    "SECURITY_WEBAUTHN": True,
    "SECURITY_WAN_RP_NAME": "march",
    "SECURITY_WAN_ALLOW_USER_HINTS": False,  # nobody learns from it who has an account
    "SECURITY_WAN_ALLOW_AS_VERIFY": ["first"],
    "SECURITY_WAN_REGISTER_URL": "/account/passkeys",
    "SECURITY_WAN_DELETE_URL": "/account/passkeys/delete",
    "SECURITY_WAN_SIGNIN_URL": "/sign-in/passkey",
    "SECURITY_WAN_VERIFY_URL": "/sign-in/again/passkey",
    "SECURITY_WAN_REGISTER_TEMPLATE": "accounts/passkeys.html",
    "SECURITY_WAN_SIGNIN_TEMPLATE": "accounts/passkey.html",
    "SECURITY_WAN_VERIFY_TEMPLATE": "accounts/passkey.html",
    "SECURITY_MSG_WEBAUTHN_EXPIRED": (_l("That took too long. Begin again."), "problem"),
    "SECURITY_MSG_WEBAUTHN_NAME_REQUIRED": (_l("Give the passkey a name."), "error"),
    "SECURITY_MSG_WEBAUTHN_NAME_INUSE": (
        _l("You have a passkey named %(name)s already. Choose another name."),
        "error",
    ),
    "SECURITY_MSG_WEBAUTHN_NAME_NOT_FOUND": (_l("You have no passkey named %(name)s."), "problem"),
    "SECURITY_MSG_WEBAUTHN_NAME_DISALLOWED_CHARACTERS": (
        _l("Use letters, digits, spaces and hyphens."),
        "error",
    ),
    "SECURITY_MSG_WEBAUTHN_CREDENTIAL_DELETED": (
        _l("The passkey %(name)s signs nobody in any more."),
        "done",
    ),
    "SECURITY_MSG_WEBAUTHN_REGISTER_SUCCESSFUL": (_l("The passkey %(name)s is there."), "done"),
    "SECURITY_MSG_WEBAUTHN_CREDENTIAL_ID_INUSE": (_l("This device has a passkey here already."), "problem"),
    "SECURITY_MSG_WEBAUTHN_UNKNOWN_CREDENTIAL_ID": (
        _l("This passkey is not known here, or was taken away. Sign in with your password."),
        "problem",
    ),
    "SECURITY_MSG_WEBAUTHN_NO_VERIFY": (FAILED, "problem"),
    "SECURITY_MSG_WEBAUTHN_CREDENTIAL_WRONG_USAGE": (FAILED, "problem"),
    "SECURITY_MSG_WEBAUTHN_MISMATCH_USER_HANDLE": (FAILED, "problem"),
    "SECURITY_MSG_API_ERROR": (FAILED, "problem"),
}


class OwnDevices(WebauthnUtil):
    """Ask the device who holds it, and to keep whose key it is: no name is typed to sign in."""

    def authenticator_selection(self, user: UserMixin, usage: str) -> AuthenticatorSelectionCriteria:
        return AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            user_verification=UserVerificationRequirement.REQUIRED,
        )

    def user_verification(self, user: UserMixin | None, usage: Sequence[str]) -> UserVerificationRequirement:
        return UserVerificationRequirement.REQUIRED


class NewPasskeyForm(WebAuthnRegisterForm):
    name = StringField(_l("Name of the device"), validators=WebAuthnRegisterForm.name.kwargs["validators"])
    usage = HiddenField(default="first")

    def validate(self, **given: Any) -> bool:
        self.usage.data = "first"  # signing in with it is both steps
        return super().validate(**given)


FORMS: dict[str, Any] = {"wan_register_form": NewPasskeyForm, "webauthn_util_cls": OwnDevices}
