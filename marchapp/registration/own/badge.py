"""The badge: name, group and a code to scan, on the phone's screen and as a PDF to print.

The code holds the reference and nothing else. Whoever photographs a badge learns no name from it and opens no
page with it: the reference says something only to those who are signed in and may see the participants. It is
short, so its squares are large enough for a camera in the rain, and it can be typed where a camera fails.
"""

from dataclasses import dataclass
from pathlib import Path

import segno
from fpdf import FPDF
from fpdf.enums import XPos, YPos
from fpdf.fonts import TTFFont
from markupsafe import Markup

FONTS = Path(__file__).resolve().parents[2] / "fonts"
WIDTH_MM, HEIGHT_MM = 105, 148  # A6, as badge holders are
MARGIN_MM = 10
CODE_MM = 42
INK, MUTED = (20, 39, 58), (75, 93, 110)
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
    code = _code(reference)
    svg = code.svg_inline(
        border=2, dark="#14273a", light="#fff", omitsize=True, svgclass="code", lineclass=None
    )
    return Markup(svg)  # noqa: S704 (drawn by segno from our own reference)


def draw(badge: Badge) -> bytes:
    """Draw a badge as a PDF of one page, A6."""
    paper = new_paper()
    paper.set_title(f"{badge.march}: {badge.name}")
    paper.add_page()
    _write(paper, badge.march, size=13, bold=True)
    _write(paper, badge.days, size=9, muted=True)
    paper.set_y(32)
    _write(paper, badge.name, size=_largest_size(paper, badge.name), bold=True)
    if can_print(paper, badge.native_name):
        _write(paper, badge.native_name, size=14, muted=True)
    paper.ln(2)
    _write(paper, badge.category, size=11)
    for line in badge.lines:
        _write(paper, line, size=9, muted=True)
    _draw_code(paper, badge.reference)
    return bytes(paper.output())


def new_paper() -> FPDF:
    paper = FPDF(format=(WIDTH_MM, HEIGHT_MM))
    paper.set_margin(MARGIN_MM)
    paper.set_auto_page_break(False)
    for style, weight in (("", "regular"), ("B", "bold")):
        paper.add_font("Inter", style, FONTS / f"inter-{weight}.ttf")
    return paper


def _write(paper: FPDF, text: str, *, size: float, bold: bool = False, muted: bool = False) -> None:
    """Write a paragraph in the middle of the column."""
    paper.set_font("Inter", "B" if bold else "", size)
    paper.set_text_color(*(MUTED if muted else INK))
    paper.multi_cell(0, size * 0.45, text, align="C", new_x=XPos.LMARGIN, new_y=YPos.NEXT)


def _largest_size(paper: FPDF, name: str) -> int:
    """Return the largest size at which no word of the name is broken and it needs two lines at most."""
    column = WIDTH_MM - 2 * MARGIN_MM - 3
    for size in range(LARGEST_NAME, SMALLEST_NAME, -1):
        paper.set_font("Inter", "B", size)
        words = [paper.get_string_width(word) for word in name.split()]
        if max(words) <= column and paper.get_string_width(name) <= 1.6 * column:
            return size
    return SMALLEST_NAME


def can_print(paper: FPDF, text: str) -> bool:
    """Tell whether the typeface has every sign: it knows Latin and Cyrillic, and no other script."""
    font = paper.fonts["inter"]
    known = font.cmap if isinstance(font, TTFFont) else {}
    return bool(text) and all(sign == " " or ord(sign) in known for sign in text)


def _draw_code(paper: FPDF, reference: str) -> None:
    rows = list(_code(reference).matrix_iter(border=0))
    module = CODE_MM / len(rows)
    left, top = (WIDTH_MM - CODE_MM) / 2, HEIGHT_MM - MARGIN_MM - CODE_MM - 8
    paper.set_fill_color(*INK)
    for y, row in enumerate(rows):
        for x, is_dark in enumerate(row):
            if is_dark:
                paper.rect(left + x * module, top + y * module, module, module, style="F")
    paper.set_y(top + CODE_MM + 2)
    _write(paper, reference, size=12, bold=True)


def _code(reference: str) -> segno.QRCode:
    return segno.make(reference, error="q", micro=False)
