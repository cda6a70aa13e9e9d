"""The pages behind a party's private link: who is in it, and changing that until sign-up closes."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from flask import abort, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import selectinload
from werkzeug import Response as AnyResponse

from marchapp.access import open_link, participant_for_link, party_for_link
from marchapp.extensions import db
from marchapp.models import Category, Participant, Party, PartyKind, Standing
from marchapp.models.link import link_after_change
from marchapp.registration import services
from marchapp.registration.forms.changes import answers_of, contact_of, guardian_of, shared_with
from marchapp.registration.forms.party import USUAL_CATEGORY, ContactForm
from marchapp.registration.forms.person import FORMS, PersonForm
from marchapp.registration.own.pages import person_page
from marchapp.registration.own.standing import Lack, missing_of
from marchapp.registration.own.words import what_is_missing
from marchapp.registration.room import NotEnoughPlaces
from marchapp.registration.words import why_closed, why_not_changed


def confirmation(token: str) -> AnyResponse:
    """Show a party to its contact; a party of one, and a participant's own link, show the person."""
    party = open_link(token).party
    if party is None or party.is_one_person:
        return person_page(participant_for_link(token), token)
    people, now = _people_of(party), datetime.now(UTC)
    return _private(
        "party.html",
        march=party.march,
        party=party,
        people=people,
        missing={
            person_id: [what_is_missing(one) for one in missing if one.lack != Lack.PLACE]
            for person_id, missing in missing_of(db.session, people).items()
        },
        is_open=party.march.takes_signups(now),
        can_cancel=party.march.lets_cancel(now),
        closed=why_closed(party.march),
        token=token,
    )


def _people_of(party: Party) -> Sequence[Participant]:
    """Return everybody of a party with what their states depend on."""
    parts = (
        Participant.entries,
        Participant.documents,
        Participant.notarised_consent,
    )
    theirs = (Participant.party_id == party.id, Participant.erased_at.is_(None))
    query = select(Participant).where(*theirs).order_by(Participant.id)
    return db.session.scalars(query.options(*(selectinload(part) for part in parts))).all()


def change_contact(token: str) -> AnyResponse:
    party = _several_for_link(token)
    if closed := _if_closed(party, token):
        return closed
    form = ContactForm(
        party.kind,
        request.form if request.method == "POST" else None,
        country=party.participants[0].country,
        data=contact_of(party),
    )
    if request.method == "POST" and form.validate():
        services.change_contact(db.session, party, now=datetime.now(UTC), **form.values)
        go_on = link_after_change(db.session, token, now=datetime.now(UTC)).secret
        db.session.commit()
        flash(_("The contact is changed. Letters go to %(email)s.", email=party.contact_email), "done")
        return _to_party(go_on)
    return _private("contact.html", march=party.march, form=form, party=party, token=token)


def change_person(token: str, participant_id: int) -> AnyResponse:
    participant = participant_for_link(token, participant_id)
    if closed := _if_closed(participant.party, token) or _if_cancelled(participant, token):
        return closed
    if for_contact := _if_own_link_of_minor(participant, token):
        return for_contact
    form = _form_for(participant)
    refusal = ""
    if _is_sent() and form.validate():
        try:
            services.change_person(db.session, participant, form.person, now=datetime.now(UTC))
        except (services.AlreadySignedUp, NotEnoughPlaces) as why:
            db.session.rollback()
            refusal = why_not_changed(why)
        else:
            go_on = link_after_change(db.session, token, now=datetime.now(UTC)).secret
            db.session.commit()
            flash(_("The answers about %(name)s are changed.", name=participant.name), "done")
            return _to_party(go_on)
    return _private(
        "person.html",
        march=participant.march,
        form=form,
        participant=participant,
        token=token,
        refusal=refusal,
        beside=_beside(form),
    )


def add_person(token: str) -> AnyResponse:
    party = _several_for_link(token)
    if closed := _if_closed(party, token):
        return closed
    form = _form_for_another(party)
    refusal = ""
    if _is_sent() and form.validate():
        try:
            [added] = services.add_people(db.session, party, [form.person], now=datetime.now(UTC))
        except services.NotSignedUp as why:
            db.session.rollback()
            refusal = why_not_changed(why)
        else:
            db.session.commit()
            flash(_("%(name)s is signed up, too.", name=added.name), "done")
            return _to_party(token)
    return _private(
        "person.html",
        march=party.march,
        form=form,
        party=party,
        token=token,
        refusal=refusal,
        beside=_beside(form),
    )


def cancel_person(token: str, participant_id: int) -> AnyResponse:
    """Ask once, then take somebody off the march: until it ends, as a place that is not used helps nobody."""
    participant = participant_for_link(token, participant_id)
    if closed := _if_over(participant.party, token) or _if_cancelled(participant, token):
        return closed
    if request.method == "POST":
        promoted = services.cancel(db.session, participant, now=datetime.now(UTC))
        db.session.commit()
        flash(_("The sign-up of %(name)s is cancelled.", name=participant.name), "done")
        if promoted:
            flash(_("The place was handed on to who waited in line."), "info")
        return _to_party(token)
    return _private("cancel.html", march=participant.march, participant=participant, token=token)


def _several_for_link(token: str) -> Party:
    """Return a party of several to its contact; one person's contact is the person."""
    party = party_for_link(token)
    if party.is_one_person:
        abort(404)
    return party


def _form_for(participant: Participant) -> PersonForm:
    """Return the form of somebody's category, or of the category that was chosen in it now."""
    return _form(participant.party, participant.category, answers_of(participant))


def _form_for_another(party: Party) -> PersonForm:
    before = next((one for one in reversed(party.participants) if one.standing != Standing.CANCELLED), None)
    if before is None:
        return _form(party, USUAL_CATEGORY[party.kind], {})
    in_family = (
        {"family_name": before.family_name} | guardian_of(party) if party.kind == PartyKind.FAMILY else {}
    )
    return _form(party, before.category, shared_with(before) | in_family)


def _form(party: Party, category: Category, answers: dict[str, Any]) -> PersonForm:
    wish = request.form.get("category", category)
    chosen = Category(wish) if wish in set(Category) and not party.is_one_person else category
    sent = request.form if request.method == "POST" else None
    return FORMS[chosen](party.march, sent, is_alone=party.is_one_person, data=answers)


def _is_sent() -> bool:
    """Tell whether the answers are to be stored; where another category is chosen, its part is only shown."""
    return request.method == "POST" and request.form.get("step") != "show"


def _beside(form: PersonForm) -> list[tuple[str, str]]:
    """Return what was sent and has no field on the page now: a part that was closed keeps what was typed."""
    shown = {field.name for field in form} | {"csrf_token", "step", "category"}
    return [(name, value) for name, value in request.form.items(multi=True) if name not in shown]


def _if_closed(party: Party, token: str) -> AnyResponse | None:
    """Say kindly that nothing can be changed here any more, once sign-up is closed."""
    if party.march.takes_signups(datetime.now(UTC)):
        return None
    flash(why_closed(party.march), "info")
    return _to_party(token)


def _if_over(party: Party, token: str) -> AnyResponse | None:
    """Say kindly that nobody can be taken off a march that has ended."""
    if party.march.lets_cancel(datetime.now(UTC)):
        return None
    flash(_("The march is over, so nothing can be cancelled any more."), "info")
    return _to_party(token)


def _if_cancelled(participant: Participant, token: str) -> AnyResponse | None:
    if participant.standing != Standing.CANCELLED:
        return None
    flash(_("The sign-up of %(name)s is cancelled, so nothing was changed.", name=participant.name), "info")
    return _to_party(token)


def _if_own_link_of_minor(participant: Participant, token: str) -> AnyResponse | None:
    """Leave the answers about minors to the contact: they say who consents, and that consent is needed."""
    march, party = participant.march, participant.party
    if open_link(token).party is not None or not march.is_minor(participant.birth_date):
        return None
    words = _(
        "Under %(age)s years of age, answers are changed by the contact of the party: ask %(name)s.",
        age=march.adult_age,
        name=party.contact_name,
    )
    flash(words, "info")
    return _to_party(token)


def _to_party(token: str) -> AnyResponse:
    return redirect(url_for("registration.confirmation", token=token))


def _private(template: str, **values: Any) -> AnyResponse:
    return make_response(render_template(f"registration/{template}", **values))
