"""The bytes of a file: unpacked, and as text in whatever encoding."""

import codecs
import re
import zlib

from marchapp.geo.errors import NotGpx, TooLarge, TruncatedGpx

INFLATED_LIMIT_BYTES = 512 * 2**20


def unpack(data: bytes) -> bytes:
    """Return the content of a gzip file, or other bytes as they are."""
    if not data.startswith(b"\x1f\x8b"):
        return data
    inflater = zlib.decompressobj(wbits=31)
    try:
        content = inflater.decompress(data, INFLATED_LIMIT_BYTES)
    except zlib.error as error:
        raise NotGpx from error
    if inflater.unconsumed_tail:
        raise TooLarge(INFLATED_LIMIT_BYTES)
    if not inflater.eof:
        raise TruncatedGpx(content.count(b"\n") + 1)
    return content


def encoding_of(content: bytes) -> str:
    """Return the encoding that the content shows by its first bytes, declares, or most likely has."""
    for mark, name in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if content.startswith(mark):
            return name
    if content.startswith((b"<\0", b"\0<")):
        return "utf-16-le" if content[0] else "utf-16-be"
    declared = re.match(rb"\s*<\?xml[^>]*encoding\s*=\s*[\"']([\w.:-]+)", content[:200])
    try:
        return codecs.lookup(declared[1].decode()).name if declared else "utf-8"
    except LookupError:
        return "utf-8"


def decode(content: bytes) -> str:
    """Return content as text without byte order mark and XML declaration, whatever its encoding."""
    try:
        text = content.decode(encoding_of(content))
    except (UnicodeError, LookupError):  # it is written otherwise, or so is no text
        text = content.decode("cp1252", errors="replace")
    return re.sub(r"^\s*<\?xml.*?\?>", "", text.lstrip("\ufeff"), count=1)
