"""The page on which a coordinator erases somebody's data, after reading what goes and what stays."""

from datetime import UTC, datetime

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug import Response

from marchapp.access import fresh_account, participant_for_coordinator
from marchapp.extensions import db
from marchapp.forms import BaseForm, Text
from marchapp.models import Participant
from marchapp.models.names import folded_words
from marchapp.registration.coordination.erasing import erase, manifests_of, others_left


class EraseForm(BaseForm):
    """The reference, typed by whoever is sure."""

    reference = Text(_l("Reference of the person"), most=40)


def erase_participant(participant_id: int) -> str | Response:
    person, account = participant_for_coordinator(participant_id), fresh_account()
    form = EraseForm()
    if form.validate_on_submit() and _is_typed(form, person):
        erase(db.session, person, now=datetime.now(UTC), by=account)
        db.session.commit()
        flash(_("The data are erased. A last letter says so; then its address is erased, too."), "done")
        return redirect(url_for("registration.participant", participant_id=person.id))
    return render_template(
        "registration/coordination/erase.html",
        march=person.march,
        participant=person,
        others=others_left(db.session, person),
        crossings=manifests_of(db.session, person, datetime.now(UTC)),
        form=form,
    )


def _is_typed(form: EraseForm, person: Participant) -> bool:
    """Tell whether the reference was typed, in whatever case and with whatever between; else say so."""
    typed, wanted = ("".join(folded_words(text or "")) for text in (form.reference.data, person.reference))
    if typed == wanted:
        return True
    words = _("This is not the reference of this person. Write %(reference)s.", reference=person.reference)
    form.reference.errors = [words]
    return False
