"""Sign an account in without its password, as tests and measurements do."""

from datetime import UTC, datetime
from secrets import token_urlsafe
from time import time
from typing import Any

from sqlalchemy.orm import Session

from marchapp.models import Account, SignIn
from marchapp.models.link import hash_of_secret


def cookie_of(session: Session, account: Account, **given: Any) -> dict[str, Any]:
    """Return what the cookie of somebody holds who signed in just now; the row for it joins the session."""
    now = datetime.now(UTC)
    secret = token_urlsafe(32)
    row = {"account_id": account.id, "secret_hash": hash_of_secret(secret), "began_at": now, "seen_at": now}
    session.add(SignIn(**row | given))
    session.flush()
    return {"_user_id": account.fs_uniquifier, "_fresh": True, "fs_paa": time(), "device": secret}
