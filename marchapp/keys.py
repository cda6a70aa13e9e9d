"""Whether the program has the keys of what is encrypted, and encrypting it all anew with another."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import current_app, request
from sqlalchemy import (
    Column,
    ColumnElement,
    LargeBinary,
    Select,
    Tuple,
    and_,
    func,
    select,
    tuple_,
    type_coerce,
    update,
)
from sqlalchemy.orm import Session
from werkzeug.exceptions import ServiceUnavailable

from marchapp.extensions import READING_METHODS, db, vault
from marchapp.models import KeyCheck
from marchapp.models.conditional import rows_changed
from marchapp.models.encrypted import EncryptedBytes, EncryptedText
from marchapp.vault import UnreadableSecret

WORD = "the right key"
A_BATCH = 200
CHECKED = "keys.checked"
ADVICE = (
    "What is encrypted in the database was written with a key that DATA_KEYS does not hold."
    " Put that key back, behind a comma if there is a new one; nothing was changed."
    " If it is lost for good: flask check-keys --start-over"
)


class WrongKeys(Exception):
    """The keys that are set do not read what the database holds."""

    def __init__(self) -> None:
        super().__init__(ADVICE)


@dataclass
class Rotation:
    """How many values were encrypted anew, were so already, or cannot be read and stay as they are."""

    changed: int = 0
    current: int = 0
    unreadable: list[str] = field(default_factory=list)


def check_keys(session: Session) -> None:
    """Compare the check word, or write it where there is none and all that is there can be read.

    Raises WrongKeys.
    """
    if not keys_fit(session):
        raise WrongKeys
    if session.scalar(select(KeyCheck.id)) is None:
        session.add(KeyCheck(id=1, word=WORD))
        session.flush()


def keys_fit(session: Session) -> bool:
    """Tell whether the check word can be read, or else the last value of every encrypted column."""
    sealed = _raw(KeyCheck.__table__.c.word)
    words = session.scalars(select(sealed)).all()
    values = words or [value for column in encrypted_columns() for value in session.scalars(_last(column))]
    return all(map(_is_readable, values))


def start_over(session: Session) -> None:
    """Take the keys that are set for the right ones from now on; what they do not read stays as it is."""
    row = session.get(KeyCheck, 1) or KeyCheck(id=1)
    row.word = WORD
    session.add(row)
    session.flush()


def refuse_to_write_with_wrong_keys() -> None:
    """Let no request change anything as long as the keys do not fit; asked until they do."""
    if request.method in READING_METHODS or current_app.extensions.get(CHECKED):
        return
    is_right = keys_fit(db.session)
    db.session.rollback()  # the request itself begins anew
    if not is_right:
        current_app.logger.critical(ADVICE)
        raise WithoutKeys
    current_app.extensions[CHECKED] = True


class WithoutKeys(ServiceUnavailable):
    """The page cannot answer without the key of what is encrypted."""


def encrypted_columns() -> list[Column]:
    """Return every encrypted column, the check word last: once it is current, so is all else."""
    columns = [
        column
        for table in db.metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, (EncryptedText, EncryptedBytes))
    ]
    return sorted(columns, key=lambda column: column.table is KeyCheck.__table__)


def count_encrypted(session: Session) -> int:
    counts = (select(func.count(_raw(column))) for column in encrypted_columns())
    return sum(session.scalar(count) or 0 for count in counts)


def rotate(session: Session, done: Rotation) -> Iterator[int]:
    """Encrypt with the first key what another key wrote; commit each batch, and yield its size.

    A value that somebody changes meanwhile is left to them: they write with the first key. Who begins again
    goes on, as what is current is only looked at.
    """
    for column in encrypted_columns():
        for batch in _batches(session, column):
            for row in batch:
                _renew(session, column, list(row[:-1]), row[-1], done)
            session.commit()
            yield len(batch)


def _renew(session: Session, column: Column, key: list[int], sealed: bytes, done: Rotation) -> None:
    if vault.is_current(sealed):
        done.current += 1
        return
    try:
        renewed = vault.renew(sealed)
    except UnreadableSecret:
        done.unreadable.append(f"{column} {key}")
        return
    is_same = and_(_key_of(column) == tuple_(*key), _raw(column) == sealed)
    change = update(column.table).where(is_same).values({column.name: type_coerce(renewed, LargeBinary)})
    done.changed += rows_changed(session, change)


def _batches(session: Session, column: Column) -> Iterator[Sequence[Any]]:
    key = list(column.table.primary_key.columns)
    query = select(*key, _raw(column)).where(column.is_not(None)).order_by(*key).limit(A_BATCH)
    batch = session.execute(query).all()
    while batch:
        yield batch
        batch = session.execute(query.where(_key_of(column) > tuple_(*batch[-1][: len(key)]))).all()


def _key_of(column: Column) -> Tuple:
    return tuple_(*column.table.primary_key.columns)


def _raw(column: Column) -> ColumnElement[bytes]:
    """Return a column as the database holds it."""
    return type_coerce(column, LargeBinary)


def _last(column: Column) -> Select[bytes]:
    key = column.table.primary_key.columns
    query = select(_raw(column)).where(column.is_not(None))
    return query.order_by(*(part.desc() for part in key)).limit(1)


def _is_readable(sealed: bytes) -> bool:
    try:
        vault.decrypt(sealed)
    except UnreadableSecret:
        return False
    return True
