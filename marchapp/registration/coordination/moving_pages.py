"""The page that moves somebody to another party."""

from datetime import UTC, datetime

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug import Response
from wtforms import RadioField, SelectChoice
from wtforms.validators import InputRequired

from marchapp.access import participant_for_coordinator, signed_in_account
from marchapp.extensions import db
from marchapp.models import Participant, Party
from marchapp.registration.coordination.acts import ReasonForm
from marchapp.registration.coordination.columns import PARTY_KINDS
from marchapp.registration.coordination.moving import find_parties, move_to_party

ALONE = "alone"


class MoveForm(ReasonForm):
    party = RadioField(
        _l("Party"), validate_choice=False, validators=[InputRequired(_l("Choose a party from the list."))]
    )


def move(participant_id: int) -> str | Response:
    person = participant_for_coordinator(participant_id)
    text = request.args.get("q", "").strip()[:100]
    found = find_parties(db.session, person.march, text, but=person.party) if text else []
    form = MoveForm()
    form.party.choices = [SelectChoice(str(party.id), _words_of(party)) for party in found]
    if not person.party.is_one_person:
        form.party.choices.append(SelectChoice(ALONE, _("A party of one")))
    if form.validate_on_submit():
        party = _chosen(person, form.party.data)
        now = datetime.now(UTC)
        move_to_party(
            db.session, person, party, now=now, by=signed_in_account(), reason=form.reason.data or ""
        )
        db.session.commit()
        flash(_("%(name)s belongs to another party now.", name=person.name), "done")
        return redirect(url_for("registration.participant", participant_id=person.id))
    return render_template(
        "registration/coordination/move.html",
        march=person.march,
        participant=person,
        form=form,
        text=text,
        now_in=_words_of(person.party),
    )


def _chosen(person: Participant, choice: str | None) -> Party | None:
    """Return the party of this march that was chosen; nothing for a party of one."""
    if choice == ALONE and not person.party.is_one_person:
        return None
    party = db.session.get(Party, int(choice)) if choice and choice.isdecimal() and len(choice) < 10 else None
    if party is None or party.march_id != person.march_id or party is person.party:
        abort(400)
    return party


def _words_of(party: Party) -> str:
    """Write a party by its kind, name and contact."""
    parts = (str(PARTY_KINDS[party.kind]), party.name, party.contact_name, party.contact_email)
    return ", ".join(part for part in parts if part)
