"""`python -m marchapp compare ROUTE TRACK`: how a recorded track kept to its planned route."""

import argparse
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from marchapp.commands import UNUSABLE
from marchapp.commands.bar import progress_bar
from marchapp.geo.comparison import Comparison, Settings, compare
from marchapp.geo.errors import UnusableInput
from marchapp.geo.gpx import read_route, read_track
from marchapp.geo.page import comparison_page
from marchapp.geo.progress import Progress, part_of
from marchapp.geo.recordings import join
from marchapp.geo.summary import summarise
from marchapp.geo.tables import write_points

READ_SHARE = 0.5


def run(options: argparse.Namespace) -> int:
    """Compare, and print or write what was asked for; 2 when the input cannot be used."""
    try:
        with progress_bar() as progress:
            comparison = _compare_files(options.route, options.track, progress)
        if options.points:
            _write_points(comparison, options.points)
        if options.html:
            options.html.write_text(comparison_page(comparison), encoding="utf-8")
    except UnusableInput as error:
        sys.stderr.write(f"{error}\n")
        return UNUSABLE
    except OSError as error:
        sys.stderr.write(f"{error.filename}: {error.strerror}.\n")
        return UNUSABLE
    sys.stdout.write(
        json.dumps(comparison.to_json(), indent=2) + "\n" if options.json else summarise(comparison)
    )
    return 0


def _compare_files(route: Path, tracks: list[Path], progress: Progress) -> Comparison:
    each = READ_SHARE / len(tracks)
    recordings = []
    for number, track in enumerate(tracks):
        with _named(track):
            tell = part_of(progress, number * each, (number + 1) * each)
            recordings.append(read_track(track.read_bytes(), tell))
    with _named(route):
        planned = read_route(route.read_bytes())
    return compare(
        walked=join(recordings),
        planned=planned,
        settings=Settings(compare_without_times=True),
        progress=part_of(progress, READ_SHARE, 1.0),
    )


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """Say of which file it is that something cannot be read."""
    try:
        yield
    except UnusableInput as error:
        raise UnusableInput(f"{path}: {error}") from error


def _write_points(comparison: Comparison, path: Path) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        write_points(comparison.points, file)
