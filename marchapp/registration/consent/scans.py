"""Scans of paper forms: which files are taken, told by their content and not by their name."""

from typing import IO

from marchapp.config import MEBIBYTE

LARGEST_MIB = 10
BEGINNINGS = {
    b"%PDF-": "application/pdf",
    b"\xff\xd8\xff": "image/jpeg",
    b"\x89PNG\r\n\x1a\n": "image/png",
}
ENDINGS = {"application/pdf": "pdf", "image/jpeg": "jpg", "image/png": "png"}


class ScanTooLarge(Exception):
    """The file is larger than scans may be."""


class NotAScan(Exception):
    """The file is no PDF, JPEG or PNG."""


def read_scan(stream: IO[bytes]) -> tuple[str, bytes]:
    """Return the media type and the content of a scan. Raises ScanTooLarge, NotAScan."""
    content = stream.read(LARGEST_MIB * MEBIBYTE + 1)
    if len(content) > LARGEST_MIB * MEBIBYTE:
        raise ScanTooLarge
    for beginning, media_type in BEGINNINGS.items():
        if content.startswith(beginning):
            return media_type, content
    raise NotAScan
