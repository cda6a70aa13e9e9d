"""The texts that guardians consent to: the wording to begin with, and new versions beside the old ones."""

import json
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from hashlib import sha256
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from marchapp.models import Account, ConsentText, March, Purpose
from marchapp.models.audit import record

WORDING = Path(__file__).parent / "wording"
LANGUAGES = ("en", "nb", "ru")


class NothingNew(Exception):
    """The text is what it was."""


class WrittenMeanwhile(Exception):
    """Somebody else has written a new version of the text."""


def current_texts(session: Session, march: March) -> dict[Purpose, ConsentText]:
    """Return the newest version of the text of each purpose, as far as the march has any."""
    query = select(ConsentText).where(ConsentText.march_id == march.id).order_by(ConsentText.version)
    newest = {text.purpose: text for text in session.scalars(query)}
    return {purpose: newest[purpose] for purpose in Purpose if purpose in newest}


def versions_of_texts(session: Session, march: March) -> dict[Purpose, list[ConsentText]]:
    """Return every version of the text of each purpose, the newest first."""
    query = select(ConsentText).where(ConsentText.march_id == march.id).order_by(ConsentText.version.desc())
    versions: dict[Purpose, list[ConsentText]] = {}
    for text in session.scalars(query):
        versions.setdefault(text.purpose, []).append(text)
    return versions


def texts_to_ask_with(session: Session, march: March, *, now: datetime) -> dict[Purpose, ConsentText]:
    """Return the newest texts, and make the first version of those that the march does not have yet."""
    texts = current_texts(session, march)
    missing = [purpose for purpose in Purpose if purpose not in texts]
    if not missing:
        return texts
    try:
        with session.begin_nested():
            first = [_version(march, purpose, first_text(purpose, march), 1, now=now) for purpose in missing]
            session.add_all(first)
            session.flush()
    except IntegrityError:  # another request made them at the same moment
        pass
    return current_texts(session, march)


def first_text(purpose: Purpose, march: March) -> dict[str, str]:
    """Return the wording to begin with, by language, with the march's name in each."""
    any_name = next((name for name in march.name.values() if name), "")
    return {
        language: _wording(purpose, language).replace("{march}", march.name.get(language) or any_name)
        for language in LANGUAGES
    }


def write_text(
    session: Session,
    march: March,
    purpose: Purpose,
    text: Mapping[str, str],
    *,
    instead_of: int,
    by: Account,
    now: datetime,
) -> ConsentText:
    """Add a new version of a text, after which the worker asks everybody again.

    `instead_of` is the version that the writer has seen. Raises NothingNew, WrittenMeanwhile.
    """
    current = texts_to_ask_with(session, march, now=now)[purpose]
    if current.version != instead_of:
        raise WrittenMeanwhile
    new = _version(march, purpose, dict(text), current.version + 1, now=now)
    if new.sha256 == current.sha256:
        raise NothingNew
    new.written_by_id = by.id
    try:
        with session.begin_nested():
            session.add(new)
            session.flush()
    except IntegrityError as error:
        raise WrittenMeanwhile from error
    march.consents_checked_to = 0
    record(
        session,
        at=now,
        action="consent_text.written",
        march_id=march.id,
        account_id=by.id,
        subject="consent_text",
        subject_id=new.id,
        purpose=purpose,
        version=new.version,
    )
    return new


def digest_of(text: Mapping[str, str]) -> str:
    """Return the SHA-256 of a text by language, as JSON with its keys in order.

    >>> digest_of({"nb": "Ja", "en": "Yes"}) == digest_of({"en": "Yes", "nb": "Ja"})
    True
    """
    return sha256(json.dumps(dict(text), ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def _version(
    march: March, purpose: Purpose, text: dict[str, str], version: int, *, now: datetime
) -> ConsentText:
    return ConsentText(
        march_id=march.id,
        purpose=purpose,
        version=version,
        text=text,
        sha256=digest_of(text),
        written_at=now,
    )


@cache
def _wording(purpose: Purpose, language: str) -> str:
    return (WORDING / f"{purpose}.{language}.txt").read_text(encoding="utf-8").strip()
