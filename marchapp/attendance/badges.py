"""The reference on a badge, however it is typed or scanned."""

import re

LONGEST = 40
PART = 3


def spellings(text: str) -> list[str]:
    """Return how a reference may be stored, forgiving case, spaces and hyphens.

    >>> spellings(" k7f 2m9q4t ")
    ['K7F2M9Q4T', 'K7F-2M9-Q4T']
    """
    signs = re.sub(r"[^0-9A-Z]", "", text[:LONGEST].upper())
    return [signs, "-".join(signs[start : start + PART] for start in range(0, len(signs), PART))]
