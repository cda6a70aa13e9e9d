"""The pages of one person behind a private link, and the page for whoever lost the link."""

from datetime import UTC, datetime

from flask import flash, make_response, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug import Response

from marchapp.access import open_link, participant_for_link
from marchapp.extensions import db, queue
from marchapp.forms import BaseForm
from marchapp.i18n import day_in_year, days, local
from marchapp.models import Participant, Standing
from marchapp.registration.own import badge
from marchapp.registration.own.erasure import ask_for_erasure
from marchapp.registration.own.forms import LostLinkForm
from marchapp.registration.own.lost_link import send_links_to
from marchapp.registration.own.package import MEDIA_TYPE, packed_data
from marchapp.registration.own.standing import Walk, standing_of
from marchapp.registration.own.words import status, what_is_missing
from marchapp.registration.words import CATEGORIES

MOST_LINES = 5  # of a longer march the badge names no stages, or the code would not fit


def person(token: str, participant_id: int) -> Response:
    """Show somebody of a party to its contact, or to the person."""
    return person_page(participant_for_link(token, participant_id), token)


def person_page(participant: Participant, token: str) -> Response:
    now = datetime.now(UTC)
    own = standing_of(db.session, participant)
    return _private(
        "person",
        participant,
        token,
        own=own,
        status=status(own),
        missing=[what_is_missing(one) for one in own.missing],
        is_open=participant.march.takes_signups(now),
        can_cancel=participant.march.lets_cancel(now),
        speaks_for_party=open_link(token).party is not None,
    )


def show_badge(token: str, participant_id: int) -> Response:
    """Show the badge on the phone's screen."""
    participant = participant_for_link(token, participant_id)
    if participant.standing != Standing.PLACED:
        return _no_badge(participant, token)
    own = standing_of(db.session, participant)
    return _private("badge", participant, token, own=own, code=badge.code_svg(participant.reference))


def badge_pdf(token: str, participant_id: int) -> Response:
    participant = participant_for_link(token, participant_id)
    if participant.standing != Standing.PLACED:
        return _no_badge(participant, token)
    own = standing_of(db.session, participant)
    return _file(badge.draw(_badge_of(participant, own.walks)), "application/pdf", "badge", participant)


def download_data(token: str, participant_id: int) -> Response:
    """Hand out all data of one person, with the scans of papers."""
    participant = participant_for_link(token, participant_id)
    return _file(packed_data(db.session, participant), MEDIA_TYPE, "data", participant)


def erasure(token: str, participant_id: int) -> Response:
    """Ask for erasure, after saying what it means."""
    participant = participant_for_link(token, participant_id)
    form = BaseForm()
    if not form.validate_on_submit():
        return _private("erasure", participant, token, form=form)
    ask_for_erasure(db.session, participant, now=datetime.now(UTC))
    db.session.commit()
    flash(_("The coordinators now know that the data of %(name)s are to be erased.", name=participant.name))
    return redirect(url_for("registration.person", token=token, participant_id=participant.id))


def lost_link() -> str | Response:
    """Take an address and send its links there; the answer is the same for one that nobody signed up with."""
    form = LostLinkForm()
    if form.validate_on_submit():
        queue.send(send_links_to, email=form.email.data)
        return render_template("registration/own/link_sent.html", email=form.email.data)
    return render_template("registration/own/lost_link.html", form=form)


def _badge_of(participant: Participant, walks: tuple[Walk, ...]) -> badge.Badge:
    march = participant.march
    from_where = [participant.school, participant.school_class, participant.body, participant.unit]
    return badge.Badge(
        march=local(march.name),
        days=days(march.starts_on, march.ends_on),
        name=participant.name,
        native_name=participant.native_name,
        category=", ".join([str(CATEGORIES[participant.category]), *filter(None, from_where)]),
        lines=tuple(_line(walk) for walk in walks) if len(walks) <= MOST_LINES else (),
        reference=participant.reference,
    )


def _line(walk: Walk) -> str:
    words = {"number": walk.stage.number, "day": day_in_year(walk.stage.day)}
    if walk.group:
        return _("Stage %(number)s, %(day)s: group %(group)s", group=walk.group.number, **words)
    return _("Stage %(number)s, %(day)s", **words)


def _no_badge(participant: Participant, token: str) -> Response:
    flash(_("There is a badge once there is a place."))
    return redirect(url_for("registration.person", token=token, participant_id=participant.id))


def _private(page: str, participant: Participant, token: str, **shown: object) -> Response:
    text = render_template(
        f"registration/own/{page}.html",
        march=participant.march,
        participant=participant,
        token=token,
        **shown,
    )
    return make_response(text)


def _file(content: bytes, media_type: str, what: str, participant: Participant) -> Response:
    ending = media_type.rpartition("/")[2]
    name = f"{what}-{participant.reference}.{ending}"
    headers = {"Content-Type": media_type, "Content-Disposition": f'attachment; filename="{name}"'}
    return make_response(content, headers)
