"""Static files compressed as where the program is installed, for the time of a measurement."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from whitenoise.compress import main as compress

from marchapp.assets import COMPRESSED
from tools.served import ROOT

STATIC = ROOT / "static"


@contextmanager
def compressed_static() -> Iterator[None]:
    """Do what `make compressed` does, and take away what is new: it would outlive a change of its file."""
    before = _compressed()
    compress(["--quiet", str(STATIC)])
    try:
        yield
    finally:
        for file in _compressed() - before:
            file.unlink()


def _compressed() -> set[Path]:
    return {file for file in STATIC.rglob("*") if file.suffix in COMPRESSED}
