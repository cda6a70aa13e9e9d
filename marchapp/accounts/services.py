"""Make accounts and appoint them to marches."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from flask_security import hash_password
from flask_security.recoverable import generate_reset_password_token
from sqlalchemy import delete, func, or_, select
from sqlalchemy.orm import Session

from marchapp.mail import messages
from marchapp.models import (
    Account,
    Appointment,
    AuditEvent,
    Group,
    GroupGuide,
    March,
    Message,
    Role,
    Stage,
)
from marchapp.models.audit import difference, record

MEMBERS_A_PAGE = 100
INVITED = ("member.invited", "guide.invited")  # the second in the log of before


class Invitation(StrEnum):
    """What has become of the letter with the link to choose a password."""

    ACCEPTED = "accepted"
    WAITING = "waiting"
    EXPIRED = "expired"
    FAILED = "failed"


@dataclass(frozen=True, kw_only=True)
class Member:
    """Somebody of the team of a march, as its coordinators see them; `groups` are those to guide."""

    account: Account
    roles: tuple[Role, ...]
    groups: int
    invited_at: datetime | None
    invitation: Invitation


@dataclass(frozen=True, kw_only=True)
class Profile:
    """What a coordinator knows of somebody: what stands on rosters, and what a guide brings to a group."""

    name: str
    phone: str
    language: str
    spoken_languages: tuple[str, ...] = ()
    knows_first_aid: bool = False


class SharedAccount(Exception):
    """The account belongs to another march too, and is not this one's to change."""


class LastCoordinator(Exception):
    """Nobody else coordinates the march who can sign in."""


def make_account(
    session: Session, *, email: str, name: str, language: str, password: str | None = None, phone: str = ""
) -> Account:
    """Return the account with this e-mail address, made if there is none; its password is left alone."""
    account = session.scalar(select(Account).where(func.lower(Account.email) == email.lower()))
    if account is None:
        account = Account(email=email.lower(), name=name, language=language, phone=phone)
        account.password = hash_password(password) if password else None
        session.add(account)
        session.flush()
    return account


def appoint(session: Session, *, account: Account, march: March, role: Role) -> None:
    """Give the account a role in a march; giving it twice changes nothing."""
    if session.get(Appointment, (account.id, march.id, role)) is None:
        session.add(Appointment(account_id=account.id, march_id=march.id, role=role))
        session.flush()
        session.expire(account, ["appointments"])


def invite(
    session: Session,
    *,
    march: March,
    email: str,
    profile: Profile,
    roles: Collection[Role],
    by: Account,
    now: datetime,
) -> Account:
    """Give somebody roles in the march, besides those they hold, and tell them by letter.

    Who is new here gets a link to choose a password. An account that somebody uses already, or that belongs
    to another march too, gets none: whoever reads the letter on the way must not be able to take it over.
    """
    account = make_account(
        session, email=email, name=profile.name, language=profile.language, phone=profile.phone
    )
    before = roles_in(march, account)
    for role in roles:
        appoint(session, account=account, march=march, role=role)
    if Role.GUIDE in roles and is_new_here(account, march):
        _note_skills(account, profile)
    _write_invitation(session, march, account, roles=roles, by=by, now=now)
    changes = _difference_of_roles(before, roles_in(march, account))
    _record(session, "member.invited", march, account, by=by, now=now, **changes)
    return account


def invite_again(session: Session, *, march: March, account: Account, by: Account, now: datetime) -> None:
    """Write the invitation once more, with all roles that somebody holds and a link of today."""
    roles = roles_in(march, account)
    _write_invitation(session, march, account, roles=roles, by=by, now=now)
    _record(session, "member.invited", march, account, by=by, now=now)


def _write_invitation(
    session: Session, march: March, account: Account, *, roles: Collection[Role], by: Account, now: datetime
) -> None:
    messages.write(
        session,
        template="invitation",
        recipient=account.email,
        language=account.language,
        now=now,
        march_id=march.id,
        march=march,
        account=account,
        roles=[role for role in Role if role in roles],
        secret=generate_reset_password_token(account) if is_new_here(account, march) else "",
        inviter=by,
    )


def is_new_here(account: Account, march: March) -> bool:
    """Tell whether a letter may bring a link to choose a password with."""
    return account.password is None and belongs_to_alone(account, march)


def belongs_to_alone(account: Account, march: March) -> bool:
    """Tell whether the account is appointed to this march and no other: only then may the march change it."""
    return {held.march_id for held in account.appointments} == {march.id}


def roles_in(march: March, account: Account) -> tuple[Role, ...]:
    """Return the roles that somebody holds in a march, in the order in which roles are always named."""
    held = {one.role for one in account.appointments if one.march_id == march.id}
    return tuple(role for role in Role if role in held)


def change_member(
    session: Session,
    *,
    march: March,
    account: Account,
    profile: Profile,
    by: Account,
    now: datetime,
) -> None:
    """Correct what is known of somebody. Raises SharedAccount when another march has them too."""
    if not belongs_to_alone(account, march):
        raise SharedAccount
    before = {name: getattr(account, name) for name in asdict(profile)}
    account.name, account.phone, account.language = profile.name, profile.phone, profile.language
    if account.has_role_in(march, Role.GUIDE):
        _note_skills(account, profile)
    after = {name: getattr(account, name) for name in asdict(profile)}
    _record(session, "member.changed", march, account, by=by, now=now, **difference(before, after))


def _note_skills(account: Account, profile: Profile) -> None:
    account.spoken_languages = list(profile.spoken_languages)
    account.knows_first_aid = profile.knows_first_aid


def change_roles(
    session: Session,
    *,
    march: March,
    account: Account,
    roles: Collection[Role],
    by: Account,
    now: datetime,
) -> None:
    """Let somebody hold these roles in the march and no others; of new ones they are told by letter.

    Raises LastCoordinator when nobody would be left who coordinates.
    """
    before = roles_in(march, account)
    given, taken = set(roles) - set(before), set(before) - set(roles)
    if Role.COORDINATOR in taken:
        _demand_another_coordinator(session, march, account, by=by)
    for role in given:
        appoint(session, account=account, march=march, role=role)
    _end(session, march, account, taken)
    changes = _difference_of_roles(before, roles_in(march, account))
    if given:
        _write_invitation(session, march, account, roles=given, by=by, now=now)
        _record(session, "role.given", march, account, by=by, now=now, **changes)
    if taken:
        _record(session, "role.taken", march, account, by=by, now=now, **changes)


def take_out(session: Session, *, march: March, account: Account, by: Account, now: datetime) -> None:
    """Take somebody out of the team of a march and of its groups; the account itself stays.

    Raises LastCoordinator when nobody would be left who coordinates.
    """
    before = roles_in(march, account)
    if Role.COORDINATOR in before:
        _demand_another_coordinator(session, march, account, by=by)
    _end(session, march, account, before)
    _record(session, "member.dismissed", march, account, by=by, now=now, **_difference_of_roles(before, ()))


def _demand_another_coordinator(session: Session, march: March, account: Account, *, by: Account) -> None:
    """Raise LastCoordinator unless somebody else coordinates the march who can sign in.

    Two coordinators who take each other out wait here for one another: the second finds nobody left.
    """
    session.execute(select(March.id).where(March.id == march.id).with_for_update())
    others = (
        select(Account.id)
        .join(Appointment)
        .where(
            Appointment.march_id == march.id,
            Appointment.role == Role.COORDINATOR,
            Account.id != account.id,
            Account.active,
            or_(Account.password.is_not(None), Account.id == by.id),
        )
    )
    if session.scalar(others.limit(1)) is None:
        raise LastCoordinator


def _end(session: Session, march: March, account: Account, roles: Collection[Role]) -> None:
    if Role.GUIDE in roles:
        groups = select(Group.id).join(Stage).where(Stage.march_id == march.id)
        session.execute(
            delete(GroupGuide).where(GroupGuide.account_id == account.id, GroupGuide.group_id.in_(groups))
        )
    session.execute(
        delete(Appointment).where(
            Appointment.account_id == account.id,
            Appointment.march_id == march.id,
            Appointment.role.in_(roles),
        )
    )
    session.expire(account, ["appointments"])


def _difference_of_roles(before: Collection[Role], after: Collection[Role]) -> dict[str, Any]:
    return difference({"roles": [*before]}, {"roles": [*after]})


def _record(
    session: Session,
    action: str,
    march: March,
    account: Account,
    *,
    by: Account,
    now: datetime,
    **changes: Any,
) -> None:
    record(
        session,
        at=now,
        action=action,
        march_id=march.id,
        account_id=by.id,
        subject="account",
        subject_id=account.id,
        **changes,
    )


@dataclass(frozen=True)
class Team:
    """One page of the team of a march; `matches` counts who fits what was asked, `counts` all by role."""

    members: list[Member]
    matches: int
    page: int
    pages: int
    everybody: int
    counts: Mapping[Role, int]


def team_of(
    session: Session,
    march: March,
    *,
    links_since: datetime,
    role: str | None = None,
    text: str = "",
    page: int = 1,
) -> Team:
    """Return who is appointed to a march, by name: all, or those in a role and whose name or address holds a
    text. Links of before `links_since` work no more.
    """
    appointed = select(Appointment.account_id).where(Appointment.march_id == march.id)
    everybody = session.scalar(select(func.count()).select_from(appointed.distinct().subquery())) or 0
    is_asked = Account.name.icontains(text, autoescape=True) | Account.email.icontains(text, autoescape=True)
    fits = (
        Account.id.in_(appointed if role is None else appointed.where(Appointment.role == role)),
        *([is_asked] if text else []),
    )
    matches = session.scalar(select(func.count()).select_from(Account).where(*fits)) or 0
    pages = max(-(-matches // MEMBERS_A_PAGE), 1)
    page = min(max(page, 1), pages)
    accounts = (
        select(Account)
        .where(*fits)
        .order_by(func.lower(Account.name), Account.id)
        .limit(MEMBERS_A_PAGE)
        .offset((page - 1) * MEMBERS_A_PAGE)
    )
    members = _members(session, march, session.scalars(accounts).all(), links_since)
    return Team(members, matches, page, pages, everybody, _by_role(session, march))


def _by_role(session: Session, march: March) -> dict[Role, int]:
    counted = select(Appointment.role, func.count()).where(Appointment.march_id == march.id)
    rows: Any = session.execute(counted.group_by(Appointment.role))
    return dict.fromkeys(Role, 0) | {Role(role): people for role, people in rows}


def _members(
    session: Session, march: March, accounts: Sequence[Account], links_since: datetime
) -> list[Member]:
    ids = [account.id for account in accounts]
    of_march = (Appointment.march_id == march.id, Appointment.account_id.in_(ids))
    roles: dict[int, list[Role]] = {}
    for account_id, role in session.execute(
        select(Appointment.account_id, Appointment.role).where(*of_march)
    ):
        roles.setdefault(account_id, []).append(role)
    groups, invited = _groups_of(session, march, ids), _invited(session, march, ids)
    letters = _letters(session, march, [account.email for account in accounts])
    return [
        Member(
            account=account,
            roles=tuple(role for role in Role if role in roles[account.id]),
            groups=groups.get(account.id, 0),
            invited_at=invited.get(account.id),
            invitation=_state_of(account, letters.get(account.email), invited.get(account.id), links_since),
        )
        for account in accounts
    ]


def _groups_of(session: Session, march: March, ids: Collection[int]) -> dict[int, int]:
    """Return how many groups guides of a march have."""
    # Found by the guides and not by the march, which has thousands of groups.
    counted = (
        select(GroupGuide.account_id, Stage.march_id, func.count())
        .join(Group, Group.id == GroupGuide.group_id)
        .join(Stage, Stage.id == Group.stage_id)
        .where(GroupGuide.account_id.in_(ids))
        .group_by(GroupGuide.account_id, Stage.march_id)
    )
    return {account_id: groups for account_id, of, groups in session.execute(counted) if of == march.id}


def _invited(session: Session, march: March, ids: Collection[int]) -> dict[int, datetime]:
    """Return when accounts were last invited to a march."""
    said = (
        select(AuditEvent.subject_id, func.max(AuditEvent.at))
        .where(
            AuditEvent.march_id == march.id,
            AuditEvent.action.in_(INVITED),
            AuditEvent.subject_id.in_(ids),
        )
        .group_by(AuditEvent.subject_id)
    )
    return {account_id: at for account_id, at in session.execute(said) if account_id}


def _letters(session: Session, march: March, addresses: Collection[str]) -> dict[str, bool]:
    """Return for addresses whether the last invitation to them could not be sent."""
    written = (
        select(Message.recipient, Message.failed_at)
        .where(Message.march_id == march.id, Message.kind == "invitation", Message.recipient.in_(addresses))
        .order_by(Message.id)
    )
    return {recipient: failed_at is not None for recipient, failed_at in session.execute(written)}


def _state_of(
    account: Account, has_failed: bool | None, invited_at: datetime | None, links_since: datetime
) -> Invitation:
    if account.password is not None:
        return Invitation.ACCEPTED
    if has_failed:
        return Invitation.FAILED
    if invited_at is not None and invited_at < links_since:
        return Invitation.EXPIRED
    return Invitation.WAITING
