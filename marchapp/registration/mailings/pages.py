"""Pages of a letter to many: write it, see how it looks, send it, follow it."""

from datetime import UTC, datetime

from flask import Response, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import case, func, select
from werkzeug import Response as AnyResponse

from marchapp.access import march_for_coordinator, signed_in_account
from marchapp.extensions import db, queue
from marchapp.mail.reading import as_framed_page
from marchapp.models import Mailing, March, Message
from marchapp.registration.coordination.listing import Selection
from marchapp.registration.mailings import services
from marchapp.registration.mailings.addressees import one_of_each_language, reach_of
from marchapp.registration.mailings.forms import MailingForm
from marchapp.registration.mailings.writing import write_mailings


def new_mailing(slug: str) -> str | AnyResponse:
    march = march_for_coordinator(slug)
    selection = Selection.from_arguments(request.args)
    form = MailingForm()
    if form.validate_on_submit():
        mailing = services.draft(
            db.session,
            march,
            subject=form.subject.given,
            text=form.text.given,
            selection=selection,
            by=signed_in_account(),
            now=datetime.now(UTC),
        )
        db.session.commit()
        return _to_page_of(mailing, march)
    return _form_page(march, selection, form)


def change_mailing(slug: str, mailing_id: int) -> str | AnyResponse:
    march, mailing = _mailing_for_coordinator(slug, mailing_id)
    if mailing.started_at:
        return _to_page_of(mailing, march)
    form = MailingForm.of(mailing)
    if form.validate_on_submit():
        mailing.subject, mailing.text = form.subject.given, form.text.given
        db.session.commit()
        return _to_page_of(mailing, march)
    return _form_page(march, services.selection_of(mailing), form, mailing)


def mailing(slug: str, mailing_id: int) -> str | AnyResponse:
    """Show a draft as its readers would see it, or how far a mailing is; posted to, send the draft."""
    march, mailing = _mailing_for_coordinator(slug, mailing_id)
    if request.method == "POST":
        return _send(march, mailing)
    return _progress_page(march, mailing) if mailing.started_at else _draft_page(march, mailing)


def discard_mailing(slug: str, mailing_id: int) -> AnyResponse:
    march, mailing = _mailing_for_coordinator(slug, mailing_id)
    if not mailing.started_at:
        db.session.delete(mailing)
        db.session.commit()
        flash(_("The draft was thrown away. Nobody got it."), "done")
    return redirect(url_for("mail.letters", slug=march.slug))


def mailing_preview(slug: str, mailing_id: int, language: str) -> Response:
    """Return the HTML of the letter to the first reader of a language, for a frame of the page."""
    march, mailing = _mailing_for_coordinator(slug, mailing_id)
    letter = next((one for one in _examples(march, mailing) if one.language == language), None)
    if letter is None:
        abort(404)
    return as_framed_page(letter.html)


def _mailing_for_coordinator(slug: str, mailing_id: int) -> tuple[March, Mailing]:
    march = march_for_coordinator(slug)
    mailing = db.session.get(Mailing, mailing_id)
    if mailing is None or mailing.march_id != march.id:
        abort(404)
    return march, mailing


def _form_page(march: March, selection: Selection, form: MailingForm, mailing: Mailing | None = None) -> str:
    return render_template(
        "registration/mailings/form.html",
        march=march,
        form=form,
        mailing=mailing,
        selection=selection,
        reach=reach_of(db.session, march, selection),
    )


def _draft_page(march: March, mailing: Mailing) -> str:
    selection = services.selection_of(mailing)
    return render_template(
        "registration/mailings/draft.html",
        march=march,
        mailing=mailing,
        selection=selection,
        reach=reach_of(db.session, march, selection),
        examples=_examples(march, mailing),
    )


def _examples(march: March, mailing: Mailing) -> list[Message]:
    """Return a letter of each language that is written, as a real reader would get it."""
    readers = one_of_each_language(db.session, march, services.selection_of(mailing))
    by_language = {services.language_for(mailing, reader): reader for reader in reversed(readers)}
    now = datetime.now(UTC)
    return [
        services.letter_to(db.session, mailing, march, reader, now=now, is_real=False)
        for reader in by_language.values()
    ]


def _send(march: March, mailing: Mailing) -> AnyResponse:
    now = datetime.now(UTC)
    if services.start(db.session, mailing, march, by=signed_in_account(), now=now):
        db.session.commit()
        queue.send_once(write_mailings)
    return _to_page_of(mailing, march)


def _progress_page(march: March, mailing: Mailing) -> str:
    is_sent, has_failed = Message.sent_at.is_not(None), Message.failed_at.is_not(None)
    counts = select(
        func.count(), func.sum(case((is_sent, 1), else_=0)), func.sum(case((has_failed, 1), else_=0))
    )
    written, sent, failed = db.session.execute(counts.where(Message.mailing_id == mailing.id)).one()
    return render_template(
        "registration/mailings/progress.html",
        march=march,
        mailing=mailing,
        written=written,
        sent=sent or 0,
        failed=failed or 0,
    )


def _to_page_of(mailing: Mailing, march: March) -> AnyResponse:
    return redirect(url_for("registration.mailing", slug=march.slug, mailing_id=mailing.id))
