"""Commands that need no database and no settings: `python -m marchapp compare ROUTE TRACK`."""

import argparse
import json
import sys
from pathlib import Path

from marchapp.geo.comparison import Comparison, Settings, compare
from marchapp.geo.errors import UnusableInput
from marchapp.geo.gpx import read_route, read_track
from marchapp.geo.page import comparison_page
from marchapp.geo.recordings import join
from marchapp.geo.summary import summarise
from marchapp.geo.tables import write_points

UNUSABLE = 2


def main(arguments: list[str] | None = None) -> int:
    """Run a command; 2 when the input cannot be used."""
    options = _parser().parse_args(arguments)
    try:
        comparison = _compare_files(options.route, options.track)
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


def _compare_files(route: Path, tracks: list[Path]) -> Comparison:
    return compare(
        walked=join([read_track(track.read_bytes()) for track in tracks]),
        planned=read_route(route.read_bytes()),
        settings=Settings(compare_without_times=True),
    )


def _write_points(comparison: Comparison, path: Path) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        write_points(comparison.points, file)


if __name__ == "__main__":
    sys.exit(main())
