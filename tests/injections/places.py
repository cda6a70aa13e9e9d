"""Addresses that lead away, and where a browser goes that is led to one."""

from urllib.parse import urljoin, urlsplit

HERE = "http://localhost/sign-in"
AWAY = [
    "https://evil.example/",
    "//evil.example",
    "///evil.example",
    "////evil.example/%2f..",
    "/\\evil.example",
    "\\\\evil.example",
    "/\t/evil.example",
    "\t//evil.example",
    "/\n/evil.example",
    "/\r\n/evil.example",
    " //evil.example",
    "\x01//evil.example",
    "/.//evil.example",
    "/start/..//evil.example",
    "https:evil.example",
    "https:/evil.example",
    "http:\\\\evil.example",
    "HTTPS://EVIL.EXAMPLE",
    "javascript:alert(1)",
    "data:text/html,evil.example",
    "http://march.example.org@evil.example/",
    "http://localhost@evil.example/",
    "http://localhost.evil.example/",
    "http://localhost:80\\@evil.example/",
    "%2F%2Fevil.example",
    "/%2Fevil.example",
    "/%5Cevil.example",
    "//evil%E3%80%82example",
    "/sign-in\r\nLocation: https://evil.example",
]
# What programs call the page to go on to, and what ours call other things.
PARAMETERS = (
    "next",
    "url",
    "return",
    "return_to",
    "redirect",
    "goto",
    "to",
    "from",
    "back",
    "lang",
    "language",
)


def leads_to(location: str) -> str | None:
    """Return where a browser goes: to the host of a page, or to another scheme.

    https://url.spec.whatwg.org: control signs and spaces around are dropped, tabs and line ends within,
    backslashes are slashes, and how many slashes follow the name of a scheme does not matter.
    """
    as_read = location.strip("".join(map(chr, range(33)))).translate({9: None, 10: None, 13: None})
    scheme, colon, rest = as_read.partition(":")
    if colon and scheme.lower() in ("http", "https"):
        as_read = f"{scheme}://{rest.replace(chr(92), '/').lstrip('/')}"
    elif as_read.replace("\\", "/").startswith("//"):
        as_read = f"//{as_read.replace(chr(92), '/').lstrip('/')}"
    target = urlsplit(urljoin(HERE, as_read.replace("\\", "/")))
    return target.hostname if target.scheme in ("http", "https") else target.scheme
