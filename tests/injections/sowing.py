"""Every text that people can write into the database, in every row, to see where it comes out."""

from collections.abc import Callable, Iterator
from typing import Any

from sqlalchemy import JSON, Column, Enum, String
from sqlalchemy.orm import Session

from marchapp.extensions import db
from marchapp.models.encrypted import EncryptedText

# What people write, by table.
TYPED = {
    "account": ("name", "phone"),
    "march": ("name", "summary"),
    "consent_text": ("text",),
    "mailing": ("subject", "text"),
    "party": ("name", "contact_name", "contact_phone"),
    "passkey": ("name",),
    "stage": ("name", "start_name", "finish_name", "crossing_point", "crossing_legal_basis"),
    "checkpoint": ("name",),
    "participant": (
        "given_name", "family_name", "native_name", "municipality", "phone", "emergency_name",
        "emergency_phone", "diet", "health_notes", "school", "school_class", "body",
        "position", "service", "unit", "rank",
    ),
    "roll_point": ("name",),
    "stage_group": ("name", "meeting_point"),
    "guardian": ("name", "phone"),
    "manifest_count": ("remark",),
    "notarised_consent": ("states",),
    "published_group": ("name", "meeting_point"),
    "roll_mark": ("handed_to",),
    "travel_document": ("number",),
    "consent_answer": ("typed_name",),
    "published_guide": ("name", "phone"),
}  # fmt: skip
# What the program writes, what is chosen from a list, and what is checked to be an address of mail.
OTHERS = {
    "account": "email language spoken_languages password fs_uniquifier tf_primary_method tf_totp_secret"
    " mf_recovery_codes fs_webauthn_user_handle",
    "passkey": "transports extensions device_type usage",
    "sign_in": "secret_hash device address",
    "key_check": "word",
    "march": "slug time_zone contact_email notarised_countries kept_days",
    "audit_event": "action subject facts personal address",
    "consent_text": "sha256",
    "mailing": "selection",
    "party": "contact_email language submission_key",
    "prepared_file": "kind params language name media_type",
    "assignment_run": "options problem status phase result",
    "participant": "name_key country language spoken_languages email reference",
    "planned_route": "sha256 drawing basemap",
    "roll_point": "code",
    "route_draft": "sha256",
    "consent_scan": "media_type",
    "guardian": "email language",
    "manifest_count": "submission_key",
    "name_word": "word heard backwards",
    "published_group": "changes",
    "recording": "sha256 other_stages",
    "roll_mark": "client_key point",
    "track": "problem",
    "travel_document": "issued_by",
    "consent_answer": "language",
    "consent_request": "address",
    "private_link": "nonce secret_hash",
    "roll_standing": "point client_key",
    "track_comparison": "engine_version verdict result outline",
    "message": "only_once kind recipient language subject text html calendar secret last_error",
}
TEXTS = (String, JSON, EncryptedText)


def columns_with_text() -> Iterator[Column[Any]]:
    """Yield the columns that hold text, those of which the database knows all values left out."""
    for table in db.metadata.sorted_tables:
        texts = [column for column in table.columns if isinstance(column.type, TEXTS)]
        yield from (column for column in texts if not isinstance(column.type, Enum))


def typed() -> list[str]:
    """Return the columns that people write into, such as participant.diet."""
    return [f"{table}.{name}" for table, names in TYPED.items() for name in names]


def sow(session: Session, text: Callable[[str], str]) -> None:
    """Write `text(column)` into every row, by language where there are languages."""
    for mapper in db.Model.registry.mappers:
        table = mapper.local_table.name
        for row in session.query(mapper.class_) if table in TYPED else ():
            for name in TYPED[table]:
                words = text(f"{table}.{name}")
                is_by_language = isinstance(mapper.columns[name].type, JSON)
                setattr(row, name, dict.fromkeys(("en", "nb", "ru"), words) if is_by_language else words)
    session.flush()
