"""Which events a coordinator looks for, as the address says, found by an index whatever is asked."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, ClassVar, Self
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, SelectBase, and_, false, or_, select, true, tuple_, union_all
from sqlalchemy.orm import Session

from marchapp.deeds import ACTIONS, KINDS
from marchapp.models import Account, Appointment, AuditEvent, March, Participant

MOST_NAMED = 20  # people whom a name may mean
LONGEST_SEARCH = 100
LARGEST_ID = 2**31 - 1


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What the coordinator asked for; the fields are the arguments of the address.

    `after` is the number of the last event of the page before.
    """

    ROWS_A_PAGE: ClassVar[int] = 50

    who: str = ""
    about: str = ""
    kind: str = ""
    action: str = ""
    first: str = ""
    last: str = ""
    after: int = 0

    @classmethod
    def from_arguments(cls, arguments: Mapping[str, str]) -> Self:
        """Read an address; what it cannot mean is left out."""
        text = {name: arguments.get(name, "")[:LONGEST_SEARCH].strip() for name in ("who", "about")}
        kind, action, after = (arguments.get(name, "") for name in ("kind", "action", "after"))
        return cls(
            **text,
            kind=kind if kind in KINDS else "",
            action=action if any(action in actions for actions in ACTIONS.values()) else "",
            first=_day(arguments.get("first", "")),
            last=_day(arguments.get("last", "")),
            after=min(int(after), LARGEST_ID) if after.isdecimal() and len(after) < 12 else 0,
        )

    def arguments(self, **changes: Any) -> dict[str, Any]:
        """Return the arguments of the address with some changes, from the first page on."""
        wanted = asdict(replace(self, **{"after": 0} | changes))
        return {name: value for name, value in wanted.items() if value != getattr(Wanted, name)}


def find_events(session: Session, march: March, wanted: Wanted) -> tuple[list[AuditEvent], bool]:
    """Return a page of events, the latest first, and whether there are earlier ones."""
    ids = select(AuditEvent.id).where(AuditEvent.march_id == march.id, *_period(session, march, wanted))
    if wanted.about:
        ids = ids.where(_is_about(session, march, wanted.about))
    found = session.scalars(
        select(AuditEvent)
        .where(AuditEvent.id.in_(_latest(ids, _alternatives(session, march, wanted), bool(wanted.about))))
        .order_by(AuditEvent.at.desc(), AuditEvent.id.desc())
        .limit(Wanted.ROWS_A_PAGE + 1)
    ).all()
    return list(found[: Wanted.ROWS_A_PAGE]), len(found) > Wanted.ROWS_A_PAGE


def _latest(ids: Select[int], alternatives: list[ColumnElement[bool]], is_short: bool) -> SelectBase:
    """Select the latest of each alternative, which each is a run of one index, and of them all.

    What is known to be short is read whole and sorted.
    """
    if is_short or not alternatives:
        return ids.where(or_(false(), *alternatives))
    latest_first = (AuditEvent.at.desc(), AuditEvent.id.desc())
    runs = (ids.where(one).order_by(*latest_first).limit(Wanted.ROWS_A_PAGE + 1) for one in alternatives)
    return union_all(*(select(run.subquery().c.id) for run in runs))


def _alternatives(session: Session, march: March, wanted: Wanted) -> list[ColumnElement[bool]]:
    """Return the conditions of which one must hold: each person that a name may mean, or each action."""
    actions = [wanted.action] if wanted.action else list(ACTIONS.get(wanted.kind, ()))
    if not wanted.who:
        return [AuditEvent.action == action for action in actions] or [true()]
    # By the index of who it was; changed in this way the action is only compared.
    is_one = AuditEvent.action.concat("").in_(actions) if actions else true()
    return [(AuditEvent.account_id == id_) & is_one for id_ in _accounts(session, march, wanted.who)]


def _accounts(session: Session, march: March, text: str) -> list[int]:
    called = or_(*(column.icontains(text, autoescape=True) for column in (Account.name, Account.email)))
    of_march = Account.id.in_(select(Appointment.account_id).where(Appointment.march_id == march.id))
    return list(session.scalars(select(Account.id).where(called, of_march).limit(MOST_NAMED)))


def _is_about(session: Session, march: March, text: str) -> ColumnElement[bool]:
    """Return the condition that an event is about somebody called so, a participant or an account."""
    people = select(Participant.id).where(Participant.march_id == march.id, Participant.is_called(text))
    ids = session.scalars(people.limit(MOST_NAMED)).all()
    subjects = [("participant", id_) for id_ in ids]
    subjects += [("account", id_) for id_ in _accounts(session, march, text)]
    return tuple_(AuditEvent.subject, AuditEvent.subject_id).in_(subjects)


def _period(session: Session, march: March, wanted: Wanted) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.first:
        conditions.append(AuditEvent.at >= _begin(march, wanted.first, 0))
    if wanted.last:
        conditions.append(AuditEvent.at < _begin(march, wanted.last, 1))
    before = session.get(AuditEvent, wanted.after) if wanted.after else None
    if before is not None:
        conditions.append(
            or_(
                AuditEvent.at < before.at,
                and_(AuditEvent.at == before.at, AuditEvent.id < before.id),
            )
        )
        conditions.append(AuditEvent.at <= before.at)  # the bound that an index understands
    return conditions


def _begin(march: March, day: str, later: int) -> datetime:
    midnight = datetime.combine(date.fromisoformat(day) + timedelta(days=later), time())
    return midnight.replace(tzinfo=ZoneInfo(march.time_zone)).astimezone(UTC)


def _day(text: str) -> str:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return ""
    return found.isoformat() if 1990 <= found.year <= 9000 else ""
