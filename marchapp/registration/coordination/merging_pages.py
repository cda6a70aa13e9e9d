"""Pages of people who may be signed up twice: the pairs, and two of them side by side."""

from datetime import UTC, datetime

from flask import abort, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug import Response
from wtforms import SelectMultipleField

from marchapp.access import march_for_coordinator, participant_for_coordinator, signed_in_account
from marchapp.extensions import db
from marchapp.models import Participant
from marchapp.registration import services
from marchapp.registration.coordination import merging
from marchapp.registration.coordination.acts import ReasonForm
from marchapp.registration.coordination.comparing import compared
from marchapp.registration.coordination.duplicates import find_pairs, in_order
from marchapp.registration.room import NotEnoughPlaces
from marchapp.registration.words import why_not_changed


class MergeForm(ReasonForm):
    newer = SelectMultipleField(_l("Taken from the newer sign-up"), validate_choice=False)


def duplicates(slug: str) -> str:
    march = march_for_coordinator(slug)
    template = "registration/coordination/duplicates.html"
    return render_template(template, march=march, pairs=find_pairs(db.session, march))


def merge(participant_id: int, other_id: int) -> str | Response:
    one, other = participant_for_coordinator(participant_id), participant_for_coordinator(other_id)
    if one.march_id != other.march_id or one.id == other.id:
        abort(404)
    older, newer = in_order(one, other)
    form = MergeForm()
    if form.validate_on_submit():
        if kept := _merged(older, newer, form):
            flash(_("%(name)s is one person again. Both sign-ups are merged.", name=kept.name), "done")
            return redirect(url_for("registration.participant", participant_id=kept.id))
        return redirect(url_for("registration.merge", participant_id=older.id, other_id=newer.id))
    return render_template(
        "registration/coordination/merge.html",
        march=older.march,
        older=older,
        newer=newer,
        form=form,
        lines=compared(older, newer),
    )


def _merged(older: Participant, newer: Participant, form: MergeForm) -> Participant | None:
    """Merge, or say why not."""
    try:
        kept = merging.merge(
            db.session,
            older,
            newer,
            take_newer=set(form.newer.data or ()) & set(merging.CHOICES),
            now=datetime.now(UTC),
            by=signed_in_account(),
            reason=form.reason.data or "",
        )
    except merging.TooManyGuardians:
        refusal = _(
            "Together they name more than two guardians, so nothing was merged. "
            "Change the guardians of one first."
        )
    except (services.AlreadySignedUp, NotEnoughPlaces) as why:
        refusal = why_not_changed(why)
    else:
        db.session.commit()
        return kept
    db.session.rollback()
    flash(refusal, "problem")
    return None
