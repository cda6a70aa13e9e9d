"""Commands that need no database and no settings: `python -m marchapp compare ROUTE TRACK`."""

import argparse
import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from marchapp.geo.comparison import Comparison, Settings, compare
from marchapp.geo.errors import UnusableInput
from marchapp.geo.gpx import read_route, read_track
from marchapp.geo.page import comparison_page
from marchapp.geo.progress import Progress, part_of, untold
from marchapp.geo.recordings import join
from marchapp.geo.summary import summarise
from marchapp.geo.tables import write_points

UNUSABLE = 2
READ_SHARE = 0.5
BAR_AFTER_S = 1.0
BAR_WIDTH = 30
TO_LINE_START = "\r\x1b[K"


def main(arguments: list[str] | None = None) -> int:
    """Run a command; 2 when the input cannot be used."""
    options = _parser().parse_args(arguments)
    try:
        with _progress_bar() as progress:
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


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m marchapp")
    commands = parser.add_subparsers(required=True)
    command = commands.add_parser("compare", help="compare a recorded track with a planned route")
    command.add_argument("route", type=Path, help="GPX file of the planned route")
    command.add_argument(
        "track", type=Path, nargs="+", help="GPX, TCX or FIT file of the recording; several are joined"
    )
    command.add_argument("--json", action="store_true", help="print everything as one JSON object")
    command.add_argument("--points", type=Path, metavar="FILE.csv", help="write one row for every used point")
    command.add_argument("--html", type=Path, metavar="FILE", help="write one page with map and charts")
    return parser


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


@contextmanager
def _progress_bar() -> Iterator[Progress]:
    """Show how much is done after a second, if somebody watches, and take it away at the end."""
    if not sys.stderr.isatty():
        yield untold
        return
    shown_after = time.monotonic() + BAR_AFTER_S

    def show(share: float) -> None:
        if time.monotonic() > shown_after:
            done = "#" * round(share * BAR_WIDTH)
            sys.stderr.write(f"\r{done:.<{BAR_WIDTH}} {share:4.0%}")
            sys.stderr.flush()

    try:
        yield show
    finally:
        if time.monotonic() > shown_after:
            sys.stderr.write(TO_LINE_START)
            sys.stderr.flush()


def _write_points(comparison: Comparison, path: Path) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        write_points(comparison.points, file)


if __name__ == "__main__":
    sys.exit(main())
