"""Which kinds of files there are: each feature says how its own are made and what is said of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from marchapp.models import March

Params = Mapping[str, Any]
Progress = Callable[[int, int], None]  # how much is done, of how much


@dataclass(frozen=True, kw_only=True)
class Made:
    """A file as it is handed out."""

    name: str
    media_type: str
    content: bytes


class CannotBeMade(Exception):
    """What the file was asked of is not there any more."""


@dataclass(frozen=True, kw_only=True)
class FileKind:
    """How files of a kind are made, in the language of the context, and what is said of them.

    `make(session, march, params, progress)` only reads; it raises CannotBeMade. `title(params)` names the
    file in a heading, `counted(done, total)` says how far it is ("214 of 1,000 badges"),
    `back(march, params)` gives address and words of the page that leads here.
    """

    name: str
    make: Callable[[Session, March, Params, Progress], Made]
    title: Callable[[Params], str]
    counted: Callable[[int, int], str]
    back: Callable[[March, Params], tuple[str, str]]


KINDS: dict[str, FileKind] = {}


def declare(kind: FileKind) -> FileKind:
    """Make a kind known to the worker, under its name."""
    KINDS[kind.name] = kind
    return kind


def no_progress(_done: int, _total: int) -> None:
    """Tell nobody how far a file is that is made at once."""
