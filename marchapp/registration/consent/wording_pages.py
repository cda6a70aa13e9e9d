"""The coordinator's pages about the texts: what is asked now, and a new version, looked at before saving."""

from datetime import UTC, datetime

from flask import abort, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from werkzeug import Response

from marchapp.access import march_for_coordinator, signed_in_account
from marchapp.extensions import db
from marchapp.models import ConsentText, March, Purpose
from marchapp.registration.consent.forms import TextForm
from marchapp.registration.consent.texts import (
    NothingNew,
    WrittenMeanwhile,
    current_texts,
    digest_of,
    first_text,
    write_text,
)
from marchapp.registration.consent.words import PURPOSES


def consent_texts(slug: str) -> str:
    march = march_for_coordinator(slug)
    return render_template(
        "registration/consent/texts.html",
        march=march,
        texts=current_texts(db.session, march),
        purposes=PURPOSES,
    )


def consent_text(slug: str, purpose: str) -> str | Response:
    """Take a new version, show what it looks like, and save it once the coordinator agrees."""
    march = march_for_coordinator(slug)
    if purpose not in set(Purpose):
        abort(404)
    versions = _versions(march, Purpose(purpose))
    text = versions[0].text if versions else first_text(Purpose(purpose), march)
    form = TextForm(data={"text": text, "version": str(versions[0].version if versions else 1)})
    preview = None
    if form.validate_on_submit():
        preview, looked_at = form.text.given, form.looked_at.data
        form.looked_at.data = digest_of(preview)
        if looked_at == form.looked_at.data and _save(march, Purpose(purpose), form):
            return redirect(url_for("registration.consent_texts", slug=slug))
    return render_template(
        "registration/consent/text.html",
        march=march,
        purpose=PURPOSES[Purpose(purpose)],
        versions=versions,
        form=form,
        preview=None if form.form_errors else preview,
    )


def _save(march: March, purpose: Purpose, form: TextForm) -> bool:
    """Save the version and commit, or say why not."""
    try:
        write_text(
            db.session,
            march,
            purpose,
            form.text.given,
            instead_of=form.seen_version,
            by=signed_in_account(),
            now=datetime.now(UTC),
        )
    except NothingNew:
        db.session.rollback()
        form.form_errors.append(_("This is the text as it is now. Change it first."))
        return False
    except WrittenMeanwhile:
        db.session.rollback()
        form.form_errors.append(_("Somebody else has written a new version meanwhile. Open the page anew."))
        return False
    db.session.commit()
    flash(_("The new text is saved. All whom it concerns are asked within the next minutes."), "done")
    return True


def _versions(march: March, purpose: Purpose) -> list[ConsentText]:
    """Return all versions of a text, the newest first."""
    of_purpose = (ConsentText.march_id == march.id, ConsentText.purpose == purpose)
    query = select(ConsentText).where(*of_purpose).order_by(ConsentText.version.desc())
    return list(db.session.scalars(query))
