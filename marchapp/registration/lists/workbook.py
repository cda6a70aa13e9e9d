"""An XLSX file opened in a process of its own: `python -m marchapp.registration.lists.workbook`.

A few kilobytes can keep the library at work for minutes and fill gigabytes. The process may use so much time
and memory, and no more; what ends with it is one list that somebody sent, not the pages of all.
"""

import json
import logging
import resource
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict
from io import BytesIO
from pathlib import Path

from openpyxl import load_workbook

from marchapp.registration.lists.sheets import (
    MOST_LINES,
    Line,
    ListTooLong,
    NotASpreadsheet,
    Sheet,
    TakesTooLong,
    UnreadableList,
    lines_of,
)

log = logging.getLogger(__name__)

MOST_CPU_S = 4  # a list of a thousand rows takes half a one
MOST_WALL_S = 20  # of a machine that is busy with other things
MOST_MEMORY = 1024**3
COMMAND = (sys.executable, "-m", "marchapp.registration.lists.workbook")
PROJECT = Path(__file__).resolve().parents[3]
REFUSALS = {kind.__name__: kind for kind in (ListTooLong, NotASpreadsheet, TakesTooLong)}


def open_apart(content: bytes) -> list[Sheet]:
    """Return the sheets of a workbook, read by a process with limits. Raises UnreadableList."""
    try:
        done = subprocess.run(  # noqa: S603 (our own command)
            COMMAND, input=content, cwd=PROJECT, capture_output=True, timeout=MOST_WALL_S, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise TakesTooLong from error
    if done.returncode:  # most often the kernel ended it, with a signal
        log.warning("The process that opened a workbook ended with %s", done.returncode)
        raise TakesTooLong
    answer = json.loads(done.stdout)
    if "refused" in answer:
        raise REFUSALS[answer["refused"]]
    return [
        Sheet(sheet["name"], tuple(Line(line["number"], tuple(line["cells"])) for line in sheet["lines"]))
        for sheet in answer["sheets"]
    ]


def sheets_of(content: bytes) -> Iterator[Sheet]:
    """Yield the sheets of a workbook that are in sight. Raises UnreadableList."""
    try:
        # Its links are none of ours; formulas are read as the values that they had.
        workbook = load_workbook(BytesIO(content), read_only=True, data_only=True, keep_links=False)
        for sheet in workbook.worksheets:
            if sheet.sheet_state != "visible":
                continue
            sheet.reset_dimensions()  # some programs write a wrong size
            rows = sheet.iter_rows(max_row=MOST_LINES, values_only=True)
            yield Sheet(sheet.title, tuple(lines_of(enumerate(rows, start=1))))
    except UnreadableList:
        raise
    except MemoryError as error:
        raise TakesTooLong from error
    except Exception as error:  # a damaged workbook fails in as many ways as it has parts
        raise NotASpreadsheet(str(error)) from error


def main() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_CPU_S, MOST_CPU_S))
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        answer: dict[str, object] = {
            "sheets": [asdict(sheet) for sheet in sheets_of(sys.stdin.buffer.read())]
        }
    except UnreadableList as why:
        answer = {"refused": type(why).__name__}
    sys.stdout.write(json.dumps(answer))


if __name__ == "__main__":
    main()
