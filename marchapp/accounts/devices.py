"""Where somebody is signed in: each browser holds a secret, the database a row for it, which ending deletes.

Flask-Login alone knows only whose cookie it is. So that one device can be signed out without the others, and
a stolen cookie ends with the sign-in that it was stolen from, account and sign-in are loaded together.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from secrets import token_urlsafe
from typing import Any

from flask import Flask, Response, g, request, session
from flask_login import user_logged_in, user_logged_out
from flask_security.utils import set_request_attr
from sqlalchemy import ColumnElement, and_, delete, select, true, update
from sqlalchemy.orm import joinedload
from ua_parser import parse

from marchapp.extensions import db, queue, writing
from marchapp.models import Account, SignIn
from marchapp.models.audit import record_of_account
from marchapp.models.conditional import rows_changed
from marchapp.models.link import hash_of_secret

LASTS = timedelta(days=31)  # unused for so long, a sign-in ends by itself
LASTS_AT_MOST = timedelta(days=365)  # however often it is used
NOTED_EVERY = timedelta(hours=1)
DEVICE = "device"  # the name of its secret in the cookie
UNKNOWN = "Other"  # as the parser calls what it does not know


def load_account(uniquifier: str) -> Account | None:
    """Return who is signed in with the cookie of this request, if that sign-in was not ended."""
    now = datetime.now(UTC)
    query = (
        select(Account, SignIn)
        .join(SignIn, SignIn.account_id == Account.id)
        .options(joinedload(Account.appointments))  # what every page asks for next
        .where(
            Account.fs_uniquifier == uniquifier,
            Account.active,
            SignIn.secret_hash == hash_of_secret(session.get(DEVICE, "")),
            *_still_lasts(now),
        )
    )
    found = db.session.execute(query).unique().first()
    if found is None:
        return None
    account, sign_in = found
    g.sign_in_id = sign_in.id
    g.notes_sign_in = sign_in.seen_at < now - NOTED_EVERY
    set_request_attr("fs_authn_via", "session")
    set_request_attr("fs_paa", session.get("fs_paa", 0))
    return account


def _still_lasts(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return SignIn.seen_at > now - LASTS, SignIn.began_at > now - LASTS_AT_MOST


def begin(_app: Flask, user: Account, **_named: Any) -> None:
    """Give this browser a secret of its own; one that shall stay signed in keeps it when it is closed."""
    now = datetime.now(UTC)
    session[DEVICE] = token_urlsafe(32)
    session.permanent = session.pop("_remember", None) == "set"
    sign_in = SignIn(
        account_id=user.id,
        secret_hash=hash_of_secret(session[DEVICE]),
        began_at=now,
        seen_at=now,
        device=device_of(request.user_agent.string),
    )
    db.session.add(sign_in)
    record_of_account(db.session, user, "account.signed_in", at=now, by=user, device=sign_in.device)
    db.session.flush()
    g.sign_in_id = sign_in.id


def end_this(_app: Flask, **_named: Any) -> None:
    """Sign this browser out for good: a copy of its cookie is worth nothing either."""
    sign_in_id = g.pop("sign_in_id", None)
    session.pop(DEVICE, None)
    if sign_in_id is not None:
        db.session.execute(delete(SignIn).where(SignIn.id == sign_in_id))
        db.session.commit()


def end_others(user: Account) -> int:
    """Sign an account out everywhere but here; return how many sign-ins that ended."""
    return _end(user, SignIn.id != g.get("sign_in_id", 0), by=user)


def end_one(user: Account, sign_in_id: int) -> int:
    """Sign an account out on one device; none of anybody else's is touched."""
    return _end(user, SignIn.id == sign_in_id, by=user)


def end_all(user: Account) -> int:
    """Sign an account out everywhere, as whoever runs the site decided."""
    return _end(user, true(), by=None)


def _end(user: Account, which: ColumnElement[bool], *, by: Account | None) -> int:
    ended = rows_changed(db.session, delete(SignIn).where(SignIn.account_id == user.id, which))
    if ended:
        now = datetime.now(UTC)
        record_of_account(db.session, user, "account.signed_out", at=now, by=by, count=ended)
    return ended


def sign_ins_of(user: Account) -> Sequence[SignIn]:
    """Return where an account is signed in, the last used first."""
    of_user = select(SignIn).where(SignIn.account_id == user.id, *_still_lasts(datetime.now(UTC)))
    return db.session.scalars(of_user.order_by(SignIn.seen_at.desc())).all()


def device_of(user_agent: str) -> str:
    """Name a browser and its system in the words of their makers, as “Firefox · Android”; or nothing."""
    read = parse(user_agent[:400])
    families = [part.family for part in (read.user_agent, read.os) if part and part.family != UNKNOWN]
    return " · ".join(families)[:120]


def note_seen(response: Response) -> Response:
    """Note once an hour that a sign-in is used, in a transaction of its own."""
    if g.pop("notes_sign_in", False) and not response.is_streamed:
        db.session.rollback()
        with writing():
            db.session.execute(
                update(SignIn).where(SignIn.id == g.sign_in_id).values(seen_at=datetime.now(UTC))
            )
            db.session.commit()
    return response


@queue.nightly
def forget_old_sign_ins() -> None:
    db.session.execute(delete(SignIn).where(~and_(*_still_lasts(datetime.now(UTC)))))
    db.session.commit()


def init_app(app: Flask) -> None:
    app.login_manager.user_loader(load_account)  # type: ignore[attr-defined]
    app.config["PERMANENT_SESSION_LIFETIME"] = LASTS
    app.after_request(note_seen)
    user_logged_in.connect(begin, app)
    user_logged_out.connect(end_this, app)
