"""The page behind a guardian's link: the child, the texts, the answers; afterwards what was answered."""

from datetime import UTC, datetime

from flask import flash, make_response, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug import Response

from marchapp.access import guardian_link
from marchapp.extensions import db
from marchapp.i18n import locale_code, speak
from marchapp.models import Guardian, PrivateLink, Standing
from marchapp.registration.consent import services
from marchapp.registration.consent.forms import FamilyForm, answer_form
from marchapp.registration.consent.links import LinkUsed, send_link
from marchapp.registration.consent.state import Consents, consents_of
from marchapp.registration.consent.texts import current_texts
from marchapp.registration.consent.words import LOOKS, PURPOSES, STATES, text_changed
from marchapp.registration.own.standing import missing_papers
from marchapp.registration.own.words import what_is_missing


class NothingSaid(Exception):
    """All was answered before, and nothing is to change."""


def consent(token: str) -> Response:
    """Ask a guardian in the guardian's language; a link that was used or has expired offers a new one."""
    link = guardian_link(token)
    guardian = _guardian(link)
    with speak(guardian.language):
        now = datetime.now(UTC)
        if guardian.participant.standing == Standing.CANCELLED or not link.is_open(now):
            return _page("closed", link, is_cancelled=guardian.participant.standing == Standing.CANCELLED)
        if link.used_at:
            papers = [what_is_missing(one) for one in missing_papers(guardian.participant)]
            return _page("answered", link, consents=_consents(guardian), papers=papers)
        return _questions(link, guardian, now)


def new_link(token: str) -> Response:
    """Send the guardian another link by e-mail: whoever found an old one gets nothing."""
    guardian = _guardian(guardian_link(token))
    with speak(guardian.language):
        if send_link(db.session, guardian, now=datetime.now(UTC)):
            flash(_("A letter with a new link is on its way to you."), "done")
        elif guardian.email:
            flash(_("A letter was sent a moment ago. Look into your mailbox first."), "info")
        db.session.commit()
    return redirect(url_for("registration.consent", token=token))


def _questions(link: PrivateLink, guardian: Guardian, now: datetime) -> Response:
    consents = _consents(guardian)
    texts = current_texts(db.session, guardian.participant.march)
    purposes = [purpose for purpose in consents.asked if purpose in texts]
    form = answer_form(FamilyForm, texts, purposes=purposes, must=consents.open_for(guardian))
    if form.validate_on_submit():
        try:
            return _store(link, form, consents, now)
        except NothingSaid:
            form.form_errors.append(_("Nothing is changed yet. Choose an answer, or close this page."))
        except LinkUsed:  # sent twice: the page then shows what came first
            db.session.rollback()
            return redirect(url_for("registration.consent", token=link.secret))
        except services.TextChanged:
            db.session.rollback()
            form.form_errors.append(text_changed())
            form.show_texts(texts)
    return _page("questions", link, consents=consents, form=form, texts=texts)


def _store(link: PrivateLink, form: FamilyForm, consents: Consents, now: datetime) -> Response:
    language = locale_code()
    given = form.given(language=language)
    child = form.given_by_child(language=language) if consents.asks_child else None
    if not given.answers and child is None:
        raise NothingSaid
    services.answer(db.session, link, given, child, now=now)
    db.session.commit()
    flash(_("Your answers are stored. Thank you."), "done")
    return redirect(url_for("registration.consent", token=link.secret))


def _page(name: str, link: PrivateLink, **values: object) -> Response:
    guardian = _guardian(link)
    page = render_template(
        f"registration/consent/{name}.html",
        march=guardian.participant.march,
        participant=guardian.participant,
        guardian=guardian,
        token=link.secret,
        purposes=PURPOSES,
        states=STATES,
        looks=LOOKS,
        **values,
    )
    return make_response(page)


def _guardian(link: PrivateLink) -> Guardian:
    assert link.guardian is not None  # noqa: S101 (guardian_link sees to it)
    return link.guardian


def _consents(guardian: Guardian) -> Consents:
    person = guardian.participant
    return consents_of(db.session, [person])[person.id]
