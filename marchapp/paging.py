"""Which page of a long list an address asks for."""

from collections.abc import Mapping
from typing import Any

LAST_PAGE = 1_000_000  # far beyond any list, and within what a database counts


def page_in(arguments: Mapping[str, Any]) -> int:
    """Return the page that the arguments of an address name: the first where they name none.

    >>> [page_in({"page": asked}) for asked in ("7", "0", "-3", "two", "9" * 40)]
    [7, 1, 1, 1, 1000000]
    """
    asked = str(arguments.get("page", ""))
    return min(max(int(asked[:9]), 1), LAST_PAGE) if asked.isdecimal() else 1
