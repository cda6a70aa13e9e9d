"""What all papers share: the typeface, its colours, and words that fit where they stand."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Literal

from fontTools.ttLib import TTFont
from fpdf import FPDF

FONTS = Path(__file__).resolve().parents[1] / "fonts"
WEIGHTS = {"": "regular", "B": "bold"}
INK, MUTED, SIGNAL, RULE = (20, 39, 58), (75, 93, 110), (178, 54, 10), (150, 165, 178)
MM_A_POINT = 25.4 / 72

Weight = Literal["", "B"]
Progress = Callable[[int, int], None]  # how much is done, of how much


def no_progress(_done: int, _total: int) -> None:
    """Tell nobody how far a paper is."""


class Paper(FPDF):
    """A PDF whose typeface has Latin and Cyrillic letters; nothing is written to it by itself."""

    def __init__(self, *, size: str | tuple[float, float] = "A4", is_wide: bool = False) -> None:
        super().__init__(format=size, orientation="landscape" if is_wide else "portrait")
        self.set_margin(0)
        self.set_auto_page_break(False)
        self._widths: dict[tuple[str, str], float] = {}
        for weight, name in WEIGHTS.items():
            self.add_font("Inter", weight, FONTS / f"inter-{name}.ttf")

    def use(self, size: float, weight: Weight = "", colour: tuple[int, int, int] = INK) -> None:
        """Take a size in points, a weight and a colour for what is written next."""
        self.set_font("Inter", weight, size)
        self.set_text_color(*colour)

    def width_of(self, text: str) -> float:
        """Return the width of a text in mm; it grows with the size, so that each is measured once only."""
        key = (self.font_style, text)
        if key not in self._widths:
            self._widths[key] = self.get_string_width(text) / self.font_size_pt
        return self._widths[key] * self.font_size_pt

    def write_right(self, right: float, baseline: float, text: str) -> None:
        self.text(right - self.width_of(text), baseline, text)


@cache
def _signs() -> frozenset[int]:
    with TTFont(FONTS / "inter-regular.ttf") as font:
        return frozenset(font.getBestCmap())


def can_print(text: str) -> bool:
    """Tell whether the typeface has every sign: it knows Latin and Cyrillic, and no other script."""
    return bool(text) and all(sign == " " or ord(sign) in _signs() for sign in text)


def printable(text: str) -> str:
    """Return a text with a question mark for each sign that the typeface lacks, in one line.

    >>> printable("Нина Олсен, ნინო")
    'Нина Олсен, ????'
    """
    return "".join(sign if ord(sign) in _signs() else " " if sign.isspace() else "?" for sign in text)


def cut_to_fit(paper: Paper, text: str, width: float) -> str:
    """Return a text, shortened with an ellipsis where it is wider than `width` mm in the size now used."""
    if paper.width_of(text) <= width:
        return text
    kept = len(text)
    while kept and paper.width_of(text[:kept].rstrip() + "…") > width:
        kept -= 1
    return text[:kept].rstrip() + "…"


def wrap(paper: Paper, text: str, width: float) -> list[str]:
    """Break a text into lines of `width` mm in the size now used, within a word only where one is wider."""
    if paper.width_of(text) <= width:
        return [text] if text else []
    lines, line = [], ""
    for word in text.split():
        longer = f"{line} {word}" if line else word
        if paper.width_of(longer) <= width:
            line = longer
            continue
        if line:
            lines.append(line)
        *broken, line = _broken(paper, word, width)
        lines += broken
    return [*lines, line]


def _broken(paper: Paper, word: str, width: float) -> list[str]:
    """Break a word that is wider than its column, after a hyphen of its own if there is one."""
    parts = [""]
    for sign in word:
        if parts[-1] and paper.width_of(parts[-1] + sign) > width:
            at = parts[-1].rfind("-") + 1
            rest = parts[-1][at:] if at else ""
            parts[-1] = parts[-1][:at] if at else parts[-1]
            parts.append(rest)
        parts[-1] += sign
    return parts


def fitting_size(
    paper: Paper, text: str, width: float, *, sizes: range, weight: Weight = "B", lines: int = 1
) -> tuple[int, list[str]] | None:
    """Return the largest of descending sizes at which a text needs `lines` lines at most, and those lines.

    No word is broken for it; None where no size is small enough.
    """
    for size in sizes:
        paper.set_font("Inter", weight, size)
        if max(map(paper.width_of, text.split() or [""])) <= width:
            broken = wrap(paper, text, width)
            if len(broken) <= lines:
                return size, broken
    return None


def largest_size(
    paper: Paper, text: str, width: float, *, sizes: range, weight: Weight = "B", lines: int = 1
) -> tuple[int, list[str]]:
    """Return the same, at worst the smallest size with words broken and what is too much cut off."""
    if found := fitting_size(paper, text, width, sizes=sizes, weight=weight, lines=lines):
        return found
    paper.set_font("Inter", weight, sizes[-1])
    broken = wrap(paper, text, width)
    if len(broken) > lines:
        broken = [*broken[: lines - 1], cut_to_fit(paper, " ".join(broken[lines - 1 :]), width)]
    return sizes[-1], broken
