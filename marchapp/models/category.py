"""The categories of walkers."""

from enum import StrEnum


class Category(StrEnum):
    """What somebody walks as; each has a sign-up form of its own."""

    SCHOOLCHILD = "schoolchild"
    OFFICIAL = "official"
    BORDER_GUARD = "border_guard"
    WALKER = "walker"
