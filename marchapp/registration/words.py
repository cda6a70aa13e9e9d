"""What is said about sign-ups, in whole sentences."""

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from marchapp.i18n import moment
from marchapp.models import Category, March
from marchapp.registration.services import CategoryClosed, NotSignedUp, SignUpClosed

CATEGORIES = {
    Category.SCHOOLCHILD: _l("Schoolchild"),
    Category.OFFICIAL: _l("Official"),
    Category.BORDER_GUARD: _l("Border guard"),
    Category.WALKER: _l("Walker"),
}


def why_not_signed_up(refusal: NotSignedUp, march: March) -> str:
    """Say why a sign-up was not taken, and what to do about it."""
    match refusal:
        case SignUpClosed():
            return _(
                "Sign-up closed on %(moment)s, so nothing was stored.",
                moment=moment(march.signup_closes_at, march.time_zone),
            )
        case CategoryClosed():
            return _("This category is not open, so nothing was stored. Choose another one.")
    # These words are for everybody, so that a stranger does not learn who is registered.
    if march.contact_email:
        return _(
            "Nothing was stored. If this person signed up before, the private link is in the letter sent "
            "then: look into that mailbox, or write to %(email)s.",
            email=march.contact_email,
        )
    return _(
        "Nothing was stored. If this person signed up before, the private link is in the letter sent "
        "then: look into that mailbox."
    )
