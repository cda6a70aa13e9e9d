"""The code to scan: it holds the reference of somebody and nothing else.

Whoever photographs a badge learns no name from it and opens no page with it: the reference says something
only to those who are signed in and may see the participants. It is short, so its squares are large enough for
a camera in the rain, and it can be typed where a camera fails.
"""

import segno
from fpdf.enums import RenderStyle

from marchapp.paper.frame import INK, Paper

OVERLAP_MM = 0.02  # so that no white hair shows between two rows


def code_of(reference: str) -> segno.QRCode:
    return segno.make(reference, error="q", micro=False)


def draw_code(paper: Paper, reference: str, *, left: float, top: float, size: float) -> None:
    """Draw the code of a reference, `size` mm wide without its white margin."""
    rows = [bytes(row) for row in code_of(reference).matrix_iter(border=0)]
    module = size / len(rows)
    paper.set_fill_color(*INK)
    for y, row in enumerate(rows):
        for start, length in _dark_runs(row):
            box = (left + start * module, top + y * module, length * module, module + OVERLAP_MM)
            paper.rect(*box, style=RenderStyle.F)


def _dark_runs(row: bytes) -> list[tuple[int, int]]:
    """Return where each run of dark squares of a row starts, and how long it is.

    >>> _dark_runs(bytes([1, 1, 0, 1]))
    [(0, 2), (3, 1)]
    """
    runs: list[tuple[int, int]] = []
    start = 0
    for run in row.split(b"\0"):
        if run:
            runs.append((start, len(run)))
        start += len(run) + 1
    return runs
