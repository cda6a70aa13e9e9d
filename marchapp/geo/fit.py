"""The points of FIT recordings, which watches write, through fitdecode."""

from collections.abc import Iterator
from io import BytesIO
from typing import Any

import fitdecode

from marchapp.geo.errors import DamagedFit
from marchapp.geo.progress import Progress, untold
from marchapp.geo.recording import Columns

SIGNATURE = b".FIT"
SIGNATURE_AT = 8
DEGREES_A_SEMICIRCLE = 180 / 2**31
EPOCH = 631_065_600  # 1989-12-31, in Unix seconds
NAN = float("nan")
MESSAGES_AT_ONCE = 500


def is_fit(content: bytes) -> bool:
    """Tell whether bytes have the signature of FIT in their header."""
    return content.startswith(SIGNATURE, SIGNATURE_AT)


def read_fit(content: bytes, progress: Progress = untold) -> Columns:
    """Return the points of a FIT file, a new segment at every start of its timer; raises DamagedFit."""
    columns = Columns()
    segment = 0
    file = BytesIO(content)
    for number, message in enumerate(_messages(file)):
        if number % MESSAGES_AT_ONCE == 0:
            progress(file.tell() / len(content))
        if message.name == "record":
            _add_point(columns, message, segment)
        elif message.name == "event" and _starts_timer(message) and len(columns):
            segment += 1
    return columns


def _messages(file: BytesIO) -> Iterator[Any]:
    reader = fitdecode.FitReader(
        file,
        processor=None,
        check_crc=fitdecode.CrcCheck.DISABLED,
        error_handling=fitdecode.ErrorHandling.IGNORE,
    )
    try:
        for frame in reader:
            if frame.frame_type == fitdecode.FIT_FRAME_DATA:
                yield frame
    except Exception as error:  # fitdecode meets damaged bytes with errors of many kinds
        raise DamagedFit from error


def _starts_timer(message: Any) -> bool:
    return (_value(message, "event"), _value(message, "event_type")) == ("timer", "start")


def _add_point(columns: Columns, message: Any, segment: int) -> None:
    high = _number(message, "enhanced_altitude")
    columns.lat.append(_number(message, "position_lat") * DEGREES_A_SEMICIRCLE)
    columns.lon.append(_number(message, "position_long") * DEGREES_A_SEMICIRCLE)
    columns.ele.append(_number(message, "altitude") if high != high else high)
    columns.time.append(_number(message, "timestamp") + EPOCH)
    columns.accuracy.append(_number(message, "gps_accuracy"))
    columns.segment.append(segment)


def _number(message: Any, name: str) -> float:
    value = _value(message, name)
    return float(value) if isinstance(value, int | float) else NAN


def _value(message: Any, name: str) -> object:
    return message.get_value(name, fallback=None)
