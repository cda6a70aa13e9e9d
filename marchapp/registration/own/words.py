"""What the own page says, in whole sentences."""

from flask_babel import gettext as _
from flask_babel import ngettext

from marchapp.i18n import day, local, moment
from marchapp.models import Participant, Standing
from marchapp.registration.own.standing import Lack, Missing, OwnStanding


def status(own: OwnStanding) -> str:
    """Say in one sentence how it stands with somebody."""
    person = own.participant
    names = {"name": person.name}
    match person.standing:
        case Standing.CANCELLED:
            return _("The sign-up of %(name)s is cancelled.", **names)
        case Standing.WAITING:
            return _waiting(person, own.ahead)
    if not person.may_take_part:
        return _held(person)
    if own.missing:
        return _("%(name)s has a place. Something is still missing.", **names)
    return _("%(name)s has a place, and nothing is missing.", **names)


def _waiting(person: Participant, ahead: int) -> str:
    if person.place_held_until:
        return _("%(name)s is in line: the place was given on because consent was missing.", name=person.name)
    if ahead == 0:
        return _("%(name)s waits for a place, first in line.", name=person.name)
    return ngettext(
        "%(name)s waits for a place, and %(num)d person stands before in line.",
        "%(name)s waits for a place, and %(num)d people stand before in line.",
        ahead,
        name=person.name,
    )


def _held(person: Participant) -> str:
    if person.place_held_until is None:
        return _("A place is kept for %(name)s. The consent of the guardians is missing.", name=person.name)
    return _(
        "A place is kept for %(name)s until %(moment)s. The consent of the guardians is missing.",
        name=person.name,
        moment=moment(person.place_held_until, person.march.time_zone),
    )


def what_is_missing(missing: Missing) -> str:
    """Say what is missing, and how to get it there."""
    guardian = missing.guardian
    names = {"guardian": guardian.name if guardian else "", "email": guardian.email if guardian else ""}
    stage = missing.stage
    place = {"number": stage.number, "day": day(stage.day), "name": local(stage.name)} if stage else {}
    match missing.lack:
        case Lack.PLACE:
            return _("A place. Whoever gets one is told by e-mail at once.")
        case Lack.GUARDIAN:
            return _("Who answers for a child: change the answers and name one or two guardians.")
        case Lack.CONSENT if guardian and guardian.email:
            return _("The answer of %(guardian)s. The question was sent to %(email)s.", **names)
        case Lack.CONSENT:
            return _("The answer of %(guardian)s, on paper: there is no e-mail address to ask.", **names)
        case Lack.CONSENT_REFUSED:
            return _("The consent of %(guardian)s, who said no.", **names)
        case Lack.ASSENT:
            return _("The child’s own wish to walk, which was no.")
        case Lack.DOCUMENT:
            return _("A travel document: stage %(number)s crosses the border on %(day)s.", **place)
        case Lack.DOCUMENT_EXPIRES if missing.document:
            return _(
                "A document that lasts: one expires on %(expires)s, and stage %(number)s crosses the border "
                "on %(day)s.",
                expires=day(missing.document.expires_on),
                **place,
            )
        case Lack.NOTARISED_CONSENT:
            return _(
                "A notary’s consent to the journey: stage %(number)s crosses the border on %(day)s.", **place
            )
    return _("A notary’s consent that covers the crossings up to %(day)s.", **place)
