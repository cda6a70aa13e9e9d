"""What coordinators do about one person, each for a reason that is recorded."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

from flask import flash, make_response, redirect, render_template, send_file, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from sqlalchemy import select
from sqlalchemy.orm import undefer
from werkzeug import Response

from marchapp.access import fresh_account, participant_for_coordinator, signed_in_account
from marchapp.extensions import db
from marchapp.forms import BaseForm, Text
from marchapp.models import Participant, TravelDocument
from marchapp.models.audit import record
from marchapp.registration import services
from marchapp.registration.coordination.links import close_links, send_links
from marchapp.registration.own.package import MEDIA_TYPE, name_of_package, packed_data
from marchapp.registration.words import why_not_changed

MOST_NAMES = 5  # of those who moved up, in one sentence


class ReasonForm(BaseForm):
    """Why something is done by hand."""

    reason = Text(_l("Reason"), most=300)


def cancel_participant(participant_id: int) -> str | Response:
    person = participant_for_coordinator(participant_id)

    def do(reason: str, now: datetime) -> str:
        promoted = services.cancel(db.session, person, now=now, by=signed_in_account(), reason=reason)
        done = _("The sign-up of %(name)s is cancelled.", name=person.name)
        return f"{done} {who_moved_up(promoted)}"

    return _for_a_reason(
        person,
        do,
        title=_("Cancel the sign-up of %(name)s", name=person.name),
        lead=_(
            "The place goes to the next in line, and the contact is told by e-mail. It can be taken back."
        ),
        button=_("Cancel the sign-up"),
        keep=_("Keep it"),
    )


def who_moved_up(promoted: Sequence[Participant]) -> str:
    """Say who got a place from the line: some by name, the others as a number."""
    if not promoted:
        return _("Nobody in line could take the place.")
    names = ", ".join(person.name for person in promoted[:MOST_NAMES])
    if more := len(promoted) - MOST_NAMES if len(promoted) > MOST_NAMES else 0:
        return ngettext(
            "%(names)s and %(num)d more got a place from the line.",
            "%(names)s and %(num)d more got places from the line.",
            more,
            names=names,
        )
    return ngettext(
        "%(names)s got a place from the line.",
        "%(names)s got places from the line.",
        len(promoted),
        names=names,
    )


def restore_participant(participant_id: int) -> str | Response:
    person = participant_for_coordinator(participant_id)

    def do(reason: str, now: datetime) -> str:
        services.restore(db.session, person, now=now, by=signed_in_account(), reason=reason)
        return _("The sign-up of %(name)s is restored: with a place, or in line.", name=person.name)

    return _for_a_reason(
        person,
        do,
        title=_("Restore the sign-up of %(name)s", name=person.name),
        lead=_(
            "There is a place, or the person stands at the end of the line. The contact is told by e-mail."
        ),
        button=_("Restore the sign-up"),
    )


def revoke_links(participant_id: int) -> str | Response:
    person = participant_for_coordinator(participant_id)

    def do(reason: str, now: datetime) -> str:
        close_links(db.session, person, now=now, by=signed_in_account(), reason=reason)
        return _("The private links are closed. Send a new one when the contact needs it.")

    return _for_a_reason(
        person,
        do,
        title=_("Close the private links of %(name)s", name=person.name),
        lead=_(
            "Whoever holds one sees nothing any more. Where several signed up together, this closes the link "
            "of their contact, too."
        ),
        button=_("Close the links"),
    )


def send_participant_link(participant_id: int) -> Response:
    """Send the contact, and whoever has an own address, a new private link."""
    person = participant_for_coordinator(participant_id)
    sent_to = send_links(db.session, person, now=datetime.now(UTC), by=signed_in_account())
    db.session.commit()
    flash(_("A private link is on its way to %(email)s.", email=", ".join(sent_to)), "done")
    return _to(person)


def take_data(participant_id: int) -> str | Response:
    """Hand out all that is held on somebody who asks by telephone or on paper; it is recorded."""
    person = participant_for_coordinator(participant_id)
    form = ReasonForm()
    if form.validate_on_submit():
        _note(person, "participant.data_taken", reason=form.reason.data)
        content = packed_data(db.session, person, to_be_read=True)
        db.session.commit()
        name = name_of_package(person)
        return send_file(BytesIO(content), mimetype=MEDIA_TYPE, as_attachment=True, download_name=name)
    return _page(
        person,
        form,
        title=_("All that is held on %(name)s", name=person.name),
        lead=_(
            "For who asks by telephone or on paper: as reason write who asked, and how you knew them. The "
            "file holds data.json, with health notes and numbers of documents, and the scans. Read it before "
            "you hand it out: what coordinators wrote, and to whom a child was handed over, may concern "
            "others."
        ),
        button=_("Take the file along"),
    )


def open_documents(participant_id: int) -> Response:
    """Show the numbers of somebody's documents once; that they were opened is recorded."""
    person = participant_for_coordinator(participant_id)
    fresh_account()
    _note(person, "participant.documents_opened")
    db.session.commit()
    documents = select(TravelDocument).where(TravelDocument.participant_id == person.id)
    documents = documents.options(undefer(TravelDocument.number)).order_by(TravelDocument.kind)
    return _secret("documents.html", person, documents=db.session.scalars(documents).all())


def _for_a_reason(person: Participant, do: Callable[[str, datetime], str], **words: str) -> str | Response:
    """Ask for a reason, act, and say what happened."""
    form = ReasonForm()
    if form.validate_on_submit():
        try:
            done = do(form.reason.data or "", datetime.now(UTC))
        except services.NotSignedUp as why:
            db.session.rollback()
            flash(why_not_changed(why), "problem")
        else:
            db.session.commit()
            flash(done, "done")
        return _to(person)
    return _page(person, form, **words)


def _page(person: Participant, form: ReasonForm, **words: str) -> str:
    template = "registration/coordination/act.html"
    return render_template(template, march=person.march, participant=person, form=form, **words)


def _secret(template: str, person: Participant, **shown: Any) -> Response:
    return make_response(
        render_template(
            f"registration/coordination/{template}", march=person.march, participant=person, **shown
        )
    )


def _note(person: Participant, action: str, **details: str | None) -> None:
    record(
        db.session,
        at=datetime.now(UTC),
        action=action,
        march_id=person.march_id,
        account_id=signed_in_account().id,
        subject="participant",
        subject_id=person.id,
        **details,
    )


def _to(person: Participant) -> Response:
    return redirect(url_for("registration.participant", participant_id=person.id))
