"""Who may do what to which object: every page loads what it shows through one of these functions.

Each loads and authorises in one call. Who has not signed in is asked to; what does not exist is 404; what is
there but not theirs is 403.
"""

from datetime import UTC, datetime
from typing import NoReturn, TypeVar
from urllib.parse import urlsplit

from flask import abort, current_app, flash, redirect, request, url_for
from flask_security import current_user
from flask_security.decorators import default_unauthn_handler
from flask_security.utils import check_and_update_authn_fresh, get_message
from sqlalchemy import ColumnElement, Select, exists, select, true
from sqlalchemy.orm import joinedload
from sqlalchemy.sql.base import ExecutableOption
from werkzeug.exceptions import Forbidden, Unauthorized

from marchapp.extensions import db
from marchapp.models import (
    Account,
    Appointment,
    Group,
    LinkKind,
    March,
    Participant,
    Party,
    PreparedFile,
    PrivateLink,
    PublishedPlace,
    Recording,
    Role,
    Stage,
    Standing,
    Track,
)
from marchapp.models.link import hash_of_secret
from marchapp.models.roster import is_published_guide

Found = TypeVar("Found")


class ClosedToGuides(Forbidden):
    """Guides do not see who walks in their groups today; the page that says so tells when they do."""

    def __init__(self, stage: Stage) -> None:
        super().__init__()
        self.days = stage.days_of_guides


class NeedsSecondStep(Forbidden):
    """A coordinator who has not set the second step up yet; the page that says so leads there."""

    lacks_second_step = True


def signed_in_account() -> Account:
    """Return who is signed in, or send them to sign in."""
    if not current_user.is_authenticated:
        _ask_to_sign_in()
    return current_user._get_current_object()


def fresh_account() -> Account:
    """Return who signed in within the hour or went on with such pages since; else ask for the password."""
    account = signed_in_account()
    within, grace = (
        current_app.config[f"SECURITY_{name}"] for name in ("FRESHNESS", "FRESHNESS_GRACE_PERIOD")
    )
    if not check_and_update_authn_fresh(within, grace):
        flash(*get_message("REAUTHENTICATION_REQUIRED"))
        raise Unauthorized(response=redirect(url_for("security.verify", next=_page_asked_for())))
    return account


def _page_asked_for() -> str:
    """Return the page to come back to: this one, or that with the form which was sent here."""
    if request.method == "GET":
        return request.full_path.rstrip("?")
    asked = urlsplit(request.referrer or "")
    return (
        f"{asked.path}?{asked.query}".rstrip("?")
        if asked.netloc == request.host
        else url_for("accounts.start")
    )


def is_coordinator(march: March) -> bool:
    return _has_role(march, Role.COORDINATOR) and not current_user.lacks_second_step


def is_medic(march: March) -> bool:
    return _has_role(march, Role.MEDIC)


def is_guide_of(group: Group) -> bool:
    """Tell whether the published roster names the reader as guide of a group: a draft opens nothing."""
    if not _has_role(group.stage.march, Role.GUIDE):
        return False
    return bool(
        db.session.scalar(select(is_published_guide(current_user.id, Group.id)).where(Group.id == group.id))
    )


def sees_people_of(group: Group) -> bool:
    """Tell whether the reader may see who walks in a group: guides only around the day of the stage."""
    if is_coordinator(group.stage.march):
        return True
    return is_guide_of(group) and group.stage.is_open_to_guides(datetime.now(UTC))


def public_marches() -> list[March]:
    """Return the marches that the reader may see, the next first."""
    visible: ColumnElement[bool] = March.is_public.is_(True)
    if current_user.is_authenticated:
        own = select(Appointment.march_id).where(Appointment.account_id == current_user.id)
        visible = visible | March.id.in_(own)
    return list(db.session.scalars(select(March).where(visible).order_by(March.starts_on.desc())))


def march_for_reader(slug: str, *with_it: ExecutableOption) -> March:
    """Return a march that is public, or that the reader is appointed to; options say what is read with it."""
    march = _one(select(March).where(March.slug == slug).options(*with_it))
    if not march.is_public and not _is_appointed_to(march):
        abort(404)  # a march that is being prepared does not show that it exists
    return march


def stage_for_reader(slug: str, number: int) -> Stage:
    march = march_for_reader(slug)
    return _one(select(Stage).where(Stage.march_id == march.id, Stage.number == number))


def march_for_coordinator(slug: str) -> March:
    signed_in_account()
    march = march_for_reader(slug)
    _allow(is_coordinator(march))
    return march


def march_for_observer(slug: str) -> March:
    """Return a march to those who may see its numbers: its observers and coordinators."""
    signed_in_account()
    march = march_for_reader(slug)
    _allow(is_coordinator(march) or _has_role(march, Role.OBSERVER))
    return march


def member_for_coordinator(slug: str, account_id: int) -> tuple[March, Account]:
    """Return a march and somebody of its team to a coordinator of the march."""
    march = march_for_coordinator(slug)
    appointed = exists().where(Appointment.account_id == Account.id, Appointment.march_id == march.id)
    return march, _one(select(Account).where(Account.id == account_id, appointed))


def stage_for_coordinator(slug: str, number: int) -> Stage:
    march = march_for_coordinator(slug)
    return _one(select(Stage).where(Stage.march_id == march.id, Stage.number == number))


def group_for_coordinator(group_id: int) -> Group:
    signed_in_account()
    group = _one(select(Group).where(Group.id == group_id))
    _allow(is_coordinator(group.stage.march))
    return group


def group_for_guide(group_id: int) -> Group:
    """Return a group with its people to one of its guides, around the day of the stage, or to a coordinator.

    Raises ClosedToGuides on other days.
    """
    group = group_at_any_time(group_id)  # so whoever reads this guides or coordinates it
    if not (is_coordinator(group.stage.march) or group.stage.is_open_to_guides(datetime.now(UTC))):
        raise ClosedToGuides(group.stage)
    return group


def group_at_any_time(group_id: int) -> Group:
    """Return a group to one of its guides or a coordinator, for what shows none of its people: recordings."""
    signed_in_account()
    with_march = joinedload(Group.stage).joinedload(Stage.march)
    group = _one(select(Group).where(Group.id == group_id).options(with_march))
    _allow(is_guide_of(group) or is_coordinator(group.stage.march))
    return group


def participant_for_coordinator(participant_id: int, *, even_erased: bool = False) -> Participant:
    """Return a participant; with somebody whose data are erased nothing can be done, only looked at."""
    signed_in_account()
    participant = _one(select(Participant).where(Participant.id == participant_id))
    _allow(is_coordinator(participant.march))
    if participant.erased_at and not even_erased:
        abort(404)
    return participant


def stage_for_medic(slug: str, number: int) -> Stage:
    """Return a stage to the medics of its march on the day on which it is walked."""
    signed_in_account()
    march = march_for_reader(slug)
    stage = _one(select(Stage).where(Stage.march_id == march.id, Stage.number == number))
    _allow(is_medic(march) and stage.is_open_to_medics(datetime.now(UTC)))
    return stage


def participant_for_medic(participant_id: int) -> Participant:
    """Return somebody who walks today to a medic of the march."""
    signed_in_account()
    participant = _one(select(Participant).where(Participant.id == participant_id))
    _allow(_is_in_care_of_medic(participant))
    return participant


def participant_for_health_notes(participant_id: int) -> Participant:
    """Return somebody to those who may open the notes on health, for a reason that is recorded.

    These are coordinators, medics while the person walks, and guides whose published groups the person is in.
    """
    signed_in_account()
    participant = _one(select(Participant).where(Participant.id == participant_id))
    if is_coordinator(participant.march):
        return participant_for_coordinator(participant_id)
    _allow(_is_in_care_of_medic(participant) or _is_in_care_of_guide(participant))
    return participant


def prepared_file_for_coordinator(file_id: int) -> PreparedFile:
    """Return a file that the worker makes or made to a coordinator of its march, some to its maker only."""
    account = signed_in_account()
    file = _one(select(PreparedFile).where(PreparedFile.id == file_id))
    _allow(is_coordinator(file.march))
    _allow(not file.only_for_its_maker or file.account_id == account.id)
    return file


def open_link(secret: str) -> PrivateLink:
    """Return the private link of this secret; 404 if nobody was given it, 410 once it is closed."""
    link = _one(select(PrivateLink).where(PrivateLink.secret_hash == hash_of_secret(secret)))
    if not link.is_open(datetime.now(UTC)):
        abort(410)
    return link


def party_for_link(secret: str) -> Party:
    """Return a party to its contact."""
    link = open_link(secret)
    if link.kind != LinkKind.PARTY or link.party is None:
        abort(404)
    return link.party


def participant_for_link(secret: str, participant_id: int | None = None) -> Participant:
    """Return a participant to the contact of the party, or to the participant whose own link it is.

    Without `participant_id` it is the participant of the link, or the only one of its party.
    """
    link = open_link(secret)
    theirs = [link.participant] if link.participant else link.party.participants if link.party else []
    found = [person for person in theirs if participant_id in (None, person.id) and not person.erased_at]
    if len(found) != 1:
        abort(404)
    return found[0]


def guardian_link(secret: str) -> PrivateLink:
    """Return the link that a guardian was sent, a used or expired one, too: its page then offers another.

    404 if nobody was given it, 410 once it is revoked.
    """
    link = _one(select(PrivateLink).where(PrivateLink.secret_hash == hash_of_secret(secret)))
    if link.guardian is None:
        abort(404)
    if link.revoked_at is not None:
        abort(410)
    return link


def track_for_reader(track_id: int) -> Track:
    """Return a track to its guides and coordinators, and to all when the march shows its comparisons."""
    track = _one(select(Track).where(Track.id == track_id))
    march = track.group.stage.march
    if march.is_public and march.shows_comparisons:
        return track
    signed_in_account()
    _allow(is_guide_of(track.group) or is_coordinator(march))
    return track


def recording_for_guide(recording_id: int) -> Recording:
    """Return a recording that is kept to the guides of its group, or to a coordinator of its march."""
    signed_in_account()
    recording = _one(select(Recording).where(Recording.id == recording_id))
    _allow(is_guide_of(recording.group) or is_coordinator(recording.group.stage.march))
    if not recording.is_kept:
        abort(404)
    return recording


def stage_for_track_reader(slug: str, number: int) -> tuple[Stage, ColumnElement[bool]]:
    """Return a stage, and which of its groups' tracks the reader sees.

    All of them where the march shows its comparisons and to its coordinators; guides see those of their own
    groups, others none.
    """
    march = march_for_reader(slug)
    stage = _one(select(Stage).where(Stage.march_id == march.id, Stage.number == number))
    if (march.is_public and march.shows_comparisons) or is_coordinator(march):
        return stage, true()
    account = signed_in_account()
    own = is_published_guide(account.id, Group.id)
    guides_here = select(Group.id).where(Group.stage_id == stage.id, own)
    _allow(account.has_role_in(march, Role.GUIDE) and db.session.scalar(guides_here.limit(1)) is not None)
    return stage, own


def _is_in_care_of_medic(participant: Participant) -> bool:
    now = datetime.now(UTC)
    walks = participant.standing == Standing.PLACED
    return (
        is_medic(participant.march)
        and walks
        and any(entry.stage.is_open_to_medics(now) for entry in participant.entries)
    )


def _is_in_care_of_guide(participant: Participant) -> bool:
    places = select(PublishedPlace.group_id).where(PublishedPlace.participant_id == participant.id)
    groups = db.session.scalars(select(Group).where(Group.id.in_(places)))
    return participant.standing == Standing.PLACED and any(map(sees_people_of, groups))


def _one(query: Select[Found]) -> Found:
    found = db.session.scalars(query).unique().first()
    if found is None:
        abort(404)
    return found


def _allow(is_allowed: bool) -> None:
    if is_allowed:
        return
    if current_user.is_authenticated and current_user.lacks_second_step:
        raise NeedsSecondStep
    abort(403)


def _has_role(march: March, role: Role) -> bool:
    return current_user.is_authenticated and current_user.has_role_in(march, role)


def _is_appointed_to(march: March) -> bool:
    return current_user.is_authenticated and any(
        appointment.march_id == march.id for appointment in current_user.appointments
    )


def _ask_to_sign_in() -> NoReturn:
    raise Unauthorized(response=default_unauthn_handler())
