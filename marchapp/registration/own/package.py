"""The file in which somebody takes all own data away: data.json, and the scans of papers beside it."""

import json
from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

from sqlalchemy.orm import Session

from marchapp.models import Participant
from marchapp.registration.own.data import name_of_scan, own_data, scans_of

MEDIA_TYPE = "application/zip"


def packed_data(session: Session, participant: Participant, *, to_be_read: bool = False) -> bytes:
    """Return everything that is kept about somebody as a ZIP file."""
    content = BytesIO()
    with ZipFile(content, "w") as package:
        data = own_data(session, participant, to_be_read=to_be_read)
        package.writestr("data.json", _as_json(data), compress_type=ZIP_DEFLATED)
        for scan in scans_of(session, participant):  # scans are compressed already
            package.writestr(name_of_scan(scan), scan.content, compress_type=ZIP_STORED)
    return content.getvalue()


def name_of_package(participant: Participant) -> str:
    return f"data-{participant.reference}.zip"


def _as_json(data: dict[str, Any]) -> str:
    return json.dumps(data, ensure_ascii=False, indent=2)
