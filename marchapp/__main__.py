"""Commands that need no database and no settings: `python -m marchapp compare …` and `… assign …`."""

import argparse
import math
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

# Names of their own, not those of Nationality: the parser of `compare` must not wait for the solver.
NATIONALITIES = ("any", "mixed", "separate")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; 2 when the input cannot be used."""
    options = _parser().parse_args(arguments)
    answer: int = import_module(f"marchapp.commands.{options.command}").run(options)
    return answer


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m marchapp")
    commands = parser.add_subparsers(required=True, dest="command")
    _add_compare(commands.add_parser("compare", help="compare a recorded track with a planned route"))
    _add_assign(commands.add_parser("assign", help="put people into groups"))
    return parser


def _add_compare(command: argparse.ArgumentParser) -> None:
    command.add_argument("route", type=Path, help="GPX file of the planned route")
    command.add_argument(
        "track", type=Path, nargs="+", help="GPX, TCX or FIT file of the recording; several are joined"
    )
    command.add_argument("--json", action="store_true", help="print everything as one JSON object")
    command.add_argument("--points", type=Path, metavar="FILE.csv", help="write one row for every used point")
    command.add_argument("--html", type=Path, metavar="FILE", help="write one page with map and charts")


def _add_assign(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "people",
        type=Path,
        help="CSV: id,unit,class,country,languages,child,guide,first_aid,previous_group,locked_group",
    )
    command.add_argument("groups", type=Path, help="CSV: id,min_size,max_size")
    command.add_argument("--json", action="store_true", help="print everything as one JSON object")
    command.add_argument("--children-per-adult", type=_whole, default=8, metavar="8", help="at most")
    command.add_argument("--nationality", choices=NATIONALITIES, default="any", help="mixed groups, or not")
    command.add_argument("--time-limit", type=_seconds, default=60.0, metavar="60", help="in seconds")
    command.add_argument("--seed", type=_whole, default=1, metavar="1", help="where the search begins")


def _whole(text: str) -> int:
    if not text.isdecimal() or int(text) >= 2**31:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 0 on")
    return int(text)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 < seconds < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds above 0")
    return seconds


if __name__ == "__main__":
    sys.exit(main())
