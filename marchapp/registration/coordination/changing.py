"""A coordinator changes the answers about somebody, in the form that people sign up with."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug import Response

from marchapp.access import participant_for_coordinator, signed_in_account
from marchapp.extensions import db
from marchapp.models import Category, Participant
from marchapp.models.encrypted import keeping_sealed
from marchapp.registration import services
from marchapp.registration.coordination.acts import ReasonForm
from marchapp.registration.forms.changes import answers_of
from marchapp.registration.forms.person import FORMS, PersonForm
from marchapp.registration.people import Person
from marchapp.registration.room import NotEnoughPlaces
from marchapp.registration.words import why_not_changed

# Stands for what is kept encrypted: left as it is, nothing is changed, and the page never shows it.
KEPT = "••••••••"


@keeping_sealed()
def change_participant(participant_id: int) -> str | Response:
    person = participant_for_coordinator(participant_id)
    form, reason = _form_for(person), ReasonForm()
    refusal = ""
    if request.method == "POST" and form.validate() & reason.validate():
        try:
            changed = services.change_person(
                db.session,
                person,
                with_kept(form.person, person),
                now=datetime.now(UTC),
                by=signed_in_account(),
                reason=reason.reason.data or "",
            )
        except (services.AlreadySignedUp, NotEnoughPlaces) as why:
            db.session.rollback()
            refusal = why_not_changed(why)
        else:
            db.session.commit()
            flash(_what_changed(person, changed), "done" if changed else "info")
            return redirect(url_for("registration.participant", participant_id=person.id))
    return render_template(
        "registration/coordination/change.html",
        march=person.march,
        participant=person,
        form=form,
        reason=reason,
        refusal=refusal,
        kept=KEPT,
    )


def _form_for(person: Participant) -> PersonForm:
    """Return the form of somebody's category, or of the category that was chosen in it now."""
    wish = request.form.get("category", person.category)
    category = Category(wish) if wish in set(Category) else person.category
    sent = request.form if request.method == "POST" else None
    is_alone = person.party.is_one_person
    return FORMS[category](person.march, sent, is_alone=is_alone, data=without_secrets(answers_of(person)))


def without_secrets(answers: dict[str, Any]) -> dict[str, Any]:
    """Return the answers with a mark where something is kept encrypted."""
    secret = ("health_notes", "document_number", "document2_number")
    return answers | {name: KEPT for name in secret if answers.get(name)}


def with_kept(written: Person, before: Participant) -> Person:
    """Return what was written, with what is kept encrypted where its mark was left as it is."""
    numbers = [document.number for document in before.documents]
    documents = tuple(
        replace(document, number=numbers[place])
        if document.number == KEPT and place < len(numbers)
        else document
        for place, document in enumerate(written.documents)
    )
    notes = before.health_notes if written.health_notes == KEPT else written.health_notes
    return replace(written, documents=documents, health_notes=notes)


def _what_changed(person: Participant, changed: list[str]) -> str:
    if not changed:
        return _("Nothing was changed.")
    return ngettext(
        "One answer about %(name)s is changed.",
        "%(num)d answers about %(name)s are changed.",
        len(changed),
        name=person.name,
    )
