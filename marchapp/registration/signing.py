"""The pages of signing up: who walks, the form, the review, and sending."""

from datetime import UTC, datetime

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import joinedload
from werkzeug import Response as AnyResponse

from marchapp.access import march_for_reader
from marchapp.extensions import db, now_write, only_read
from marchapp.models import Category, March, PartyKind
from marchapp.registration import places
from marchapp.registration.forms.party import (
    SignUp,
    name_in,
    with_another_person,
    with_person_again,
    without_person,
)
from marchapp.registration.people import PartyAnswers
from marchapp.registration.places import Outlook
from marchapp.registration.services import (
    AlreadySignedUp,
    NotSignedUp,
    SignUpClosed,
    is_open_to,
    is_stored,
    send_link_again,
)
from marchapp.registration.services import sign_up as sign_party_up
from marchapp.registration.words import why_not_signed_up

SEVERAL = (PartyKind.FAMILY, PartyKind.SCHOOL_CLASS, PartyKind.UNIT, PartyKind.DELEGATION)


def choose(slug: str) -> str:
    march = march_for_reader(slug)
    quotas = {quota.category: quota for quota in march.category_quotas}
    return render_template(
        "registration/choose.html",
        march=march,
        places=[(category, quotas.get(category)) for category in Category],
        several=SEVERAL,
        now=datetime.now(UTC),
    )


def sign_up(slug: str, who: str) -> str | AnyResponse:
    """Ask, let the answers be looked over, and store them: nothing is stored before the last step."""
    step, _colon, number = request.form.get("step", "review").partition(":")
    only_read()
    march = march_for_reader(slug, joinedload(March.stages))
    wanted = _who(who)
    now = datetime.now(UTC)
    if request.method == "GET":
        return _form(SignUp(march, wanted)) if _is_open(march, wanted, now) else _to_choice(slug)
    match step:
        case "send":
            return _send(SignUp(march, wanted, request.form), now)
        case "review":
            return _review(SignUp(march, wanted, request.form), now)
    return _change(march, wanted, step, int(number) if number.isdecimal() else -1)


def _who(who: str) -> Category | PartyKind:
    if who in set(Category):
        return Category(who)
    if who not in set(SEVERAL):
        abort(404)
    return PartyKind(who)


def _is_open(march: March, who: Category | PartyKind, now: datetime) -> bool:
    categories = [who] if isinstance(who, Category) else list(Category)
    return any(is_open_to(march, category, now) for category in categories)


def _to_choice(slug: str) -> AnyResponse:
    return redirect(url_for("registration.choose", slug=slug))


def _form(page: SignUp, *, refusal: str = "", **changed: object) -> str:
    return render_template(
        "registration/sign_up.html", march=page.march, page=page, refusal=refusal, **changed
    )


def _change(march: March, who: Category | PartyKind, step: str, number: int) -> str:
    """Show the form again as it was typed, with somebody more or less on it, or other parts of somebody."""
    sent = request.form.copy()
    taken_out = None
    match step, who:
        case "add", PartyKind():
            sent = with_another_person(sent, who)
        case "take-out", PartyKind():
            taken_out = (number, name_in(sent, number))
            sent = without_person(sent, number)
        case "put-back", PartyKind():
            sent = with_person_again(sent, number)
    page = SignUp(march, who, sent)
    newest = page.numbers[-1] if step == "add" else None
    return _form(page, taken_out=taken_out, newest=newest, shown=number if step == "show" else None)


def _review(page: SignUp, now: datetime) -> str:
    """Say what will be stored, and who has a place now."""
    if not page.march.takes_signups(now):
        return _form(page, refusal=why_not_signed_up(SignUpClosed(), page.march))
    if not page.validate():
        return _form(page)
    party = page.answers
    return _show_review(page, party, places.preview(db.session, page.march, party.people))


def _show_review(page: SignUp, party: PartyAnswers, outlook: Outlook, *, must_choose: bool = False) -> str:
    return render_template(
        "registration/review.html",
        march=page.march,
        page=page,
        party=party,
        outlook=outlook,
        must_choose=must_choose,
    )


def _send(page: SignUp, now: datetime) -> str | AnyResponse:
    """Store the party, and lead to its page behind the private link."""
    if not page.validate():
        return _form(page)
    party = page.answers
    now_write()  # only now, so that nobody waits for another's form to be read
    if outlook := _choice_to_make(page, party, now):
        return _show_review(page, party, outlook, must_choose=True)
    try:
        stored, link = sign_party_up(db.session, march=page.march, party=party, form_key=page.key, now=now)
        is_sent_again, token = stored.signed_up_at != now, link.secret
    except AlreadySignedUp as why:
        send_link_again(db.session, page.march, why.people, now=now)
        db.session.commit()
        return _form(page, refusal=why_not_signed_up(why, page.march))
    except NotSignedUp as why:
        db.session.rollback()
        return _form(page, refusal=why_not_signed_up(why, page.march))
    db.session.commit()
    if is_sent_again:
        flash(_("This form had arrived before, so nothing was stored a second time."), "info")
    return redirect(url_for("registration.confirmation", token=token))


def _choice_to_make(page: SignUp, party: PartyAnswers, now: datetime) -> Outlook | None:
    """Return how the places stand if they are too few and it was not chosen what is wanted then."""
    if not page.is_several or page.when_full or not page.march.takes_signups(now):
        return None
    outlook = places.preview(db.session, page.march, party.people)
    if outlook.all_fit or is_stored(db.session, march=page.march, party=party, form_key=page.key):
        return None
    return outlook
