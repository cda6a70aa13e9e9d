"""FIT and TCX recordings as watches write them, from columns."""

import struct
from datetime import UTC, datetime

import numpy as np

from marchapp.geo.fit import DEGREES_A_SEMICIRCLE, EPOCH
from marchapp.geo.recording import Recording

NO_POSITION = 0x7FFFFFFF
NO_HEIGHT = 0xFFFF
RECORD, EVENT = 20, 21
TIMER, START, STOP = 0, 0, 4


def fit_file(walk: Recording) -> bytes:
    """Return the recording as FIT: its timer is stopped and started between segments."""
    body = _definition(0, RECORD, ((253, 4, 0x86), (0, 4, 0x85), (1, 4, 0x85), (2, 2, 0x84)))
    body += _definition(1, EVENT, ((253, 4, 0x86), (0, 1, 0x00), (1, 1, 0x00)))
    for row in range(len(walk)):
        at = int(walk.time[row]) - EPOCH
        if not row or walk.segment[row] != walk.segment[row - 1]:
            body += struct.pack("<BIBB", 1, at, TIMER, START)
        lat, lon = (
            NO_POSITION if np.isnan(degrees) else round(degrees / DEGREES_A_SEMICIRCLE)
            for degrees in (walk.lat[row], walk.lon[row])
        )
        height = NO_HEIGHT if np.isnan(walk.ele[row]) else round((walk.ele[row] + 500) * 5)
        body += struct.pack("<BIiiH", 0, at, lat, lon, height)
    header = struct.pack("<BBHI4s", 14, 0x10, 2132, len(body), b".FIT")
    header += struct.pack("<H", _crc(header))
    return header + body + struct.pack("<H", _crc(header + body))


def _definition(local: int, message: int, fields: tuple[tuple[int, int, int], ...]) -> bytes:
    content = struct.pack("<BBBHB", 0x40 | local, 0, 0, message, len(fields))
    return content + b"".join(struct.pack("<BBB", *field) for field in fields)


def _crc(content: bytes) -> int:
    nibbles = (
        0x0000, 0xCC01, 0xD801, 0x1400, 0xF001, 0x3C00, 0x2800, 0xE401,
        0xA001, 0x6C00, 0x7800, 0xB401, 0x5000, 0x9C01, 0x8801, 0x4400,
    )  # fmt: skip
    crc = 0
    for byte in content:
        crc = (crc >> 4) & 0x0FFF ^ nibbles[crc & 0xF] ^ nibbles[byte & 0xF]
        crc = (crc >> 4) & 0x0FFF ^ nibbles[crc & 0xF] ^ nibbles[byte >> 4]
    return crc


def tcx_file(walk: Recording) -> bytes:
    """Return the recording as TCX: one activity of one lap, a track for every segment."""
    tracks = "".join(
        f"<Track>{''.join(_trackpoint(walk, row) for row in np.flatnonzero(walk.segment == number))}</Track>"
        for number in np.unique(walk.segment)
    )
    start = _iso(walk.time[0])
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<TrainingCenterDatabase xmlns="http://www.garmin.com/xmlschemas/TrainingCenterDatabase/v2">'
        f'<Activities><Activity Sport="Other"><Id>{start}</Id><Lap StartTime="{start}">'
        "<TotalTimeSeconds>60</TotalTimeSeconds><DistanceMeters>100</DistanceMeters><Calories>1</Calories>"
        f"<Intensity>Active</Intensity><TriggerMethod>Manual</TriggerMethod>{tracks}</Lap>"
        "</Activity></Activities></TrainingCenterDatabase>"
    ).encode()


def _trackpoint(walk: Recording, row: int) -> str:
    position = (
        f"<Position><LatitudeDegrees>{walk.lat[row]:.7f}</LatitudeDegrees>"
        f"<LongitudeDegrees>{walk.lon[row]:.7f}</LongitudeDegrees></Position>"
    )
    return (
        f"<Trackpoint><Time>{_iso(walk.time[row])}</Time>{'' if np.isnan(walk.lat[row]) else position}"
        f"<AltitudeMeters>{walk.ele[row]:.1f}</AltitudeMeters><DistanceMeters>{row}</DistanceMeters>"
        "<HeartRateBpm><Value>120</Value></HeartRateBpm><Extensions><TPX><Speed>1.3</Speed>"
        "<Time>never</Time></TPX></Extensions></Trackpoint>"
    )


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
