"""Make accounts and appoint them to marches."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from flask_security import hash_password
from flask_security.recoverable import generate_reset_password_token
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from marchapp.mail import messages
from marchapp.models import Account, Appointment, Group, GroupGuide, March, Role, Stage
from marchapp.models.audit import difference, record


@dataclass(frozen=True, kw_only=True)
class GuideProfile:
    """What a coordinator knows of a guide: what stands on rosters, and what the guide brings to a group."""

    name: str
    phone: str
    language: str
    spoken_languages: tuple[str, ...] = ()
    knows_first_aid: bool = False


class SharedAccount(Exception):
    """The account belongs to another march too, and is not this one's to change."""


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


def invite_guide(
    session: Session,
    *,
    march: March,
    email: str,
    profile: GuideProfile,
    by: Account,
    now: datetime,
) -> Account:
    """Make somebody a guide of the march and tell them by letter.

    Who is new here gets a link to choose a password. An account that somebody uses already, or that belongs
    to another march too, gets none: whoever reads the letter on the way must not be able to take it over.
    """
    account = make_account(
        session, email=email, name=profile.name, language=profile.language, phone=profile.phone
    )
    appoint(session, account=account, march=march, role=Role.GUIDE)
    is_new_here = account.password is None and belongs_to_alone(account, march)
    if is_new_here:
        _note_skills(account, profile)
    messages.write(
        session,
        template="invitation",
        recipient=account.email,
        language=account.language,
        now=now,
        march_id=march.id,
        march=march,
        account=account,
        secret=generate_reset_password_token(account) if is_new_here else "",
        inviter=by,
    )
    _record(session, "guide.invited", march, account, by=by, now=now)
    return account


def belongs_to_alone(account: Account, march: March) -> bool:
    """Tell whether the account is appointed to this march and no other: only then may the march change it."""
    return {held.march_id for held in account.appointments} == {march.id}


def change_guide(
    session: Session,
    *,
    march: March,
    account: Account,
    profile: GuideProfile,
    by: Account,
    now: datetime,
) -> None:
    """Correct what is known of a guide. Raises SharedAccount when another march has them too."""
    if not belongs_to_alone(account, march):
        raise SharedAccount
    before = {name: getattr(account, name) for name in asdict(profile)}
    account.name, account.phone, account.language = profile.name, profile.phone, profile.language
    _note_skills(account, profile)
    after = {name: getattr(account, name) for name in asdict(profile)}
    _record(session, "guide.changed", march, account, by=by, now=now, **difference(before, after))


def _note_skills(account: Account, profile: GuideProfile) -> None:
    account.spoken_languages = list(profile.spoken_languages)
    account.knows_first_aid = profile.knows_first_aid


def dismiss_guide(session: Session, *, march: March, account: Account, by: Account, now: datetime) -> None:
    """Take somebody out of the guides of a march and of its groups; the account itself stays."""
    groups = select(Group.id).join(Stage).where(Stage.march_id == march.id)
    session.execute(
        delete(GroupGuide).where(GroupGuide.account_id == account.id, GroupGuide.group_id.in_(groups))
    )
    session.execute(
        delete(Appointment).where(
            Appointment.account_id == account.id,
            Appointment.march_id == march.id,
            Appointment.role == Role.GUIDE,
        )
    )
    session.expire(account, ["appointments"])
    _record(session, "guide.dismissed", march, account, by=by, now=now)


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


def guides_of(session: Session, march: March) -> list[tuple[Account, int]]:
    """Return the guides of a march by name, each with the number of groups that they guide."""
    groups = (
        select(GroupGuide.account_id, func.count().label("groups"))
        .join(Group, Group.id == GroupGuide.group_id)
        .join(Stage, Stage.id == Group.stage_id)
        .where(Stage.march_id == march.id)
        .group_by(GroupGuide.account_id)
        .subquery()
    )
    rows = session.execute(
        select(Account, func.coalesce(groups.c.groups, 0))
        .join(Appointment, Appointment.account_id == Account.id)
        .outerjoin(groups, groups.c.account_id == Account.id)
        .where(Appointment.march_id == march.id, Appointment.role == Role.GUIDE)
        .order_by(Account.name)
    )
    return [(account, count) for account, count in rows]
