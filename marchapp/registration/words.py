"""What is said about sign-ups, in whole sentences."""

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from marchapp.i18n import moment
from marchapp.models import March, PartyKind
from marchapp.naming import CATEGORIES as CATEGORIES
from marchapp.naming import DOCUMENTS as DOCUMENTS
from marchapp.registration.room import LineGoesFirst, NotEnoughPlaces
from marchapp.registration.services import CategoryClosed, NotSignedUp, SignUpClosed

PARTIES = {
    PartyKind.FAMILY: _l("Family"),
    PartyKind.SCHOOL_CLASS: _l("School class"),
    PartyKind.UNIT: _l("Service unit"),
    PartyKind.DELEGATION: _l("Delegation"),
}


def why_closed(march: March) -> str:
    """Say since when nothing can be changed, and whom to ask."""
    since = moment(march.signup_closes_at, march.time_zone)
    if march.contact_email:
        return _(
            "Sign-up closed on %(moment)s. You can still cancel. For a change now write to %(email)s.",
            moment=since,
            email=march.contact_email,
        )
    return _(
        "Sign-up closed on %(moment)s, so here you can only cancel.",
        moment=since,
    )


def why_not_changed(refusal: NotSignedUp | NotEnoughPlaces) -> str:
    """Say to the contact of a party why a change was not taken, and what to do about it."""
    match refusal:
        case LineGoesFirst():
            return _(
                "Places have become free, and those who wait in line get them first. Nothing was changed and "
                "the place is kept as it was. Try it again in a few minutes."
            )
        case NotEnoughPlaces():
            return _(
                "There is no free place for what you chose, so nothing was changed and the place is kept as "
                "it was. Take the new stage out again, or choose another one."
            )
        case CategoryClosed():
            return _("This category is not open, so nothing was changed. Choose another one.")
    return _(
        "Nothing was changed. If somebody of this name and birth date is signed up already, in this party or "
        "in another one, it stands in the letter sent then."
    )


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
