"""What nobody means to send: damaged bytes, and texts that have broken other programs."""

import re
from collections.abc import Sequence
from random import Random

TOKEN = re.compile(rb"[\w.:+-]+")
NUMBER = re.compile(rb"-?\d[\w.:-]*")
NUMBERS = (
    "0", "-1", "1", "007", "1.5", "1,5", "+5", "1_000", "1e3", "1e999", "-1e999", "nan", "-inf", "9" * 400,
    "2147483648", "9223372036854775807", "9223372036854775808", "-9223372036854775809", "1" * 5000,
    "٣", "²", "½", "Ⅷ", "0x10", "180.0000001", "-90.1", "1e-320", "4294967295",
)  # fmt: skip
MOMENTS = (
    "0001-01-01", "9999-12-31", "0000-00-00", "2014-02-30", "31.02.2001", "1.1.1", "00.00.0000", "12/31/2001",
    "2014-09-18T06:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2014-09-18T23:59:60Z",
    "24:00", "23:59", "00:00", "-1:00", "99:99", "01.01.0001 00:00", "31.12.9999 23:59", "1e5",
    "41000", "2000",
    "2014-09-18T06:00:00.123456789123456789Z", "2014-W01-1", "2014-09-18T06:00:00+99:99", "29.02.1900",
)  # fmt: skip
WORDS = (
    "", " ", "\t", "\n", "\r\n", "\0", "a\0b", "\x1b[31m", "\x7f", "\u200b", "\ufeff", "\u202e",
    "\ufffe", "💣",
    "e\u0301" * 50, "İ", "ß", "ﬁ", "Кари", "<b>&amp;</b>", "</textarea><script>alert(1)</script>",
    "{{ 7*7 }}",
    "{% include 'x' %}", "%s%n%(x)s", "${7*7}", "=1+1", "@SUM(A1)", "'", '"', "' OR 1=1 --", "\\",
    "../../etc/passwd",
    "//example.org", "https://example.org", "javascript:alert(1)", "a@b", "kari@example.org",
    "kari@example.org\r\nBcc: x@example.org", "a@[127.0.0.1]", "kåre@blåbær.no", "+47 406 00 002", "+",
    "+0", "tel:1",
    "true", "false", "null", "None", "[]", "{}", "[[[[", "y", "on", "-", "--", ";", ",", "NO", "RU",
    "en", "nb", "xx",
    "x" * 300, "я" * 3000, "a b " * 5000, "start", "finish", "present", "handed_over", "send", "check",
    "open:1",
)  # fmt: skip
TEXTS = (*NUMBERS, *MOMENTS, *WORDS)


def nasty(random: Random) -> str:
    """Return a text of the list, or some characters of the whole of Unicode without halves of pairs."""
    if random.random() < 0.8:
        return random.choice(TEXTS)
    signs = [
        random.randrange(0x20 if random.random() < 0.9 else 0, 0x3000) for _ in range(random.randrange(12))
    ]
    return "".join(map(chr, signs))


def damaged(random: Random, content: bytes, words: Sequence[bytes] = ()) -> bytes:
    """Return bytes after one to six accidents; `words` are what the reader of them looks for."""
    for _ in range(random.randint(1, 6)):
        content = random.choice(ACCIDENTS)(random, content, words)
    return content


def with_other_numbers(random: Random, content: bytes) -> bytes:
    """Return a text whose shape is whole, but some of whose numbers and times are others."""
    for _ in range(random.randint(1, 4)):
        number = NUMBER.search(content, random.randint(0, len(content)))
        if number:
            other = random.choice((*NUMBERS, *MOMENTS)).encode()
            content = content[: number.start()] + other + content[number.end() :]
    return content


def with_other_bytes(random: Random, content: bytes) -> bytes:
    """Return bytes of the same length of which a few are others."""
    changed = bytearray(content)
    for _ in range(random.randint(1, 8)):
        changed[random.randrange(len(changed))] = random.choice((0, 255, 127, 128, random.randrange(256)))
    return bytes(changed)


def _overwritten(random: Random, content: bytes, _words: Sequence[bytes]) -> bytes:
    at, length = random.randint(0, len(content)), random.choice((1, 1, 2, 4, 8))
    return content[:at] + bytes(random.randrange(256) for _ in range(length)) + content[at + length :]


def _cut(random: Random, content: bytes, _words: Sequence[bytes]) -> bytes:
    start, end = _range(random, content)
    return content[:start] + content[end:]


def _repeated(random: Random, content: bytes, _words: Sequence[bytes]) -> bytes:
    start, end = _range(random, content)
    return content[:end] + content[start:end] * random.choice((1, 1, 2, 20)) + content[end:]


def _broken_off(random: Random, content: bytes, _words: Sequence[bytes]) -> bytes:
    return content[: random.randint(0, len(content))] if random.random() < 0.2 else content


def _moved(random: Random, content: bytes, _words: Sequence[bytes]) -> bytes:
    start, end = _range(random, content)
    at = random.randint(0, len(content))
    return content[:at] + content[start:end] + content[at:]


def _with_word(random: Random, content: bytes, words: Sequence[bytes]) -> bytes:
    at = random.randint(0, len(content))
    return content[:at] + _word(random, words) + content[at:]


def _with_another_token(random: Random, content: bytes, words: Sequence[bytes]) -> bytes:
    token = TOKEN.search(content, random.randint(0, len(content)))
    return content[: token.start()] + _word(random, words) + content[token.end() :] if token else content


def _word(random: Random, words: Sequence[bytes]) -> bytes:
    if words and random.random() < 0.5:
        return random.choice(words)
    return nasty(random).encode()


def _range(random: Random, content: bytes) -> tuple[int, int]:
    start = random.randint(0, len(content))
    return start, min(len(content), start + random.choice((1, 2, 4, 16, 64, 256)))


ACCIDENTS = (
    _overwritten, _cut, _repeated, _broken_off, _moved, _with_word, _with_another_token, _with_another_token,
)  # fmt: skip
