"""The badge: name, group and a code to scan, on the phone's screen and as a PDF to print."""

from dataclasses import dataclass

from fpdf.enums import XPos, YPos
from markupsafe import Markup

from marchapp.paper.code import code_of, draw_code
from marchapp.paper.frame import INK, MUTED, Paper, can_print, printable

WIDTH_MM, HEIGHT_MM = 105, 148  # A6, as badge holders are
MARGIN_MM = 10
CODE_MM = 42
LARGEST_NAME, SMALLEST_NAME = 30, 12


@dataclass(frozen=True, kw_only=True)
class Badge:
    """What stands on a badge, in the reader's language; `lines` are stages with their groups."""

    march: str
    days: str
    name: str
    native_name: str
    category: str
    lines: tuple[str, ...]
    reference: str


def code_svg(reference: str) -> Markup:
    """Return the code as an SVG that fills its box; it is always dark on white, as scanners want it."""
    code = code_of(reference)
    svg = code.svg_inline(
        border=2, dark="#14273a", light="#fff", omitsize=True, svgclass="code", lineclass=None
    )
    return Markup(svg)  # noqa: S704 (drawn by segno from our own reference) # nosec B704


def draw(badge: Badge) -> bytes:
    """Draw a badge as a PDF of one page, A6."""
    paper = Paper(size=(WIDTH_MM, HEIGHT_MM))
    paper.set_margin(MARGIN_MM)
    paper.set_title(f"{badge.march}: {badge.name}")
    paper.add_page()
    _write(paper, badge.march, size=13, bold=True)
    _write(paper, badge.days, size=9, muted=True)
    paper.set_y(32)
    _write(paper, badge.name, size=_largest_size(paper, badge.name), bold=True)
    if can_print(badge.native_name):
        _write(paper, badge.native_name, size=14, muted=True)
    paper.ln(2)
    _write(paper, badge.category, size=11)
    for line in badge.lines:
        _write(paper, line, size=9, muted=True)
    _draw_code(paper, badge.reference)
    return bytes(paper.output())


def _write(paper: Paper, text: str, *, size: float, bold: bool = False, muted: bool = False) -> None:
    """Write a paragraph in the middle of the column."""
    paper.use(size, "B" if bold else "", MUTED if muted else INK)
    paper.multi_cell(0, size * 0.45, printable(text), align="C", new_x=XPos.LMARGIN, new_y=YPos.NEXT)


def _largest_size(paper: Paper, name: str) -> int:
    """Return the largest size at which no word of the name is broken and it needs two lines at most."""
    column = WIDTH_MM - 2 * MARGIN_MM - 3
    for size in range(LARGEST_NAME, SMALLEST_NAME, -1):
        paper.set_font("Inter", "B", size)
        words = [paper.get_string_width(word) for word in name.split()]
        if max(words) <= column and paper.get_string_width(name) <= 1.6 * column:
            return size
    return SMALLEST_NAME


def _draw_code(paper: Paper, reference: str) -> None:
    left, top = (WIDTH_MM - CODE_MM) / 2, HEIGHT_MM - MARGIN_MM - CODE_MM - 8
    draw_code(paper, reference, left=left, top=top, size=CODE_MM)
    paper.set_y(top + CODE_MM + 2)
    _write(paper, reference, size=12, bold=True)
