"""Sheets with a table, as rosters and manifests: headings on every page, and pages that are numbered."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from marchapp.paper.frame import (
    INK,
    MM_A_POINT,
    MUTED,
    RULE,
    SIGNAL,
    Paper,
    Progress,
    cut_to_fit,
    no_progress,
    printable,
    wrap,
)

MARGIN_MM, FOOT_MM = 14, 7
GAP_MM = 3.5  # between two columns
TITLE_SIZE, SUBTITLE_SIZE, HEADING_SIZE, FOOT_SIZE = 18, 10, 8.5, 8
LINE_SPACING = 1.25
PADDING_MM = 1.6
BOX_MM = 5
UNDER_TITLE_MM = 1.5


class Look(Enum):
    """How a line of a cell looks."""

    PLAIN = "plain"
    STRONG = "strong"
    MUTED = "muted"
    SIGNAL = "signal"  # needs attention now


class Blank(Enum):
    """A cell that is filled in by hand: a box to tick, or room to sign over the rule of the row."""

    BOX = "box"
    ROOM = "room"


Lines = tuple[tuple[str, Look], ...]
Cell = str | Lines | Blank


@dataclass(frozen=True)
class Column:
    """A column, `share` of the width beside the others."""

    heading: str
    share: float
    is_number: bool = False


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """A table with what stands over it, on as many pages as it needs; its own are counted.

    `when_empty` stands in place of rows where there are none.
    """

    title: str
    lines: Sequence[tuple[str, Look]] = ()
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    when_empty: str = ""


@dataclass(frozen=True, kw_only=True)
class Foot:
    """What stands at the foot of every page; `page_of(2, 5)` says "Page 2 of 5"."""

    text: str
    page_of: Callable[[int, int], str]


@dataclass(frozen=True, kw_only=True)
class Measures:
    """How large a kind of table is written, and how high a row is at least."""

    size: float = 10
    least_row_mm: float = 0
    is_wide: bool = False


@dataclass(frozen=True)
class _Row:
    """A row laid out: the lines of each cell, and its height."""

    cells: list[Lines | Blank]
    height: float


def draw_tables(
    sheets: Sequence[Sheet],
    *,
    title: str,
    foot: Foot,
    measures: Measures,
    progress: Progress = no_progress,
) -> bytes:
    """Draw sheets one after another, each on a page of its own; without any, one page that is empty.

    `progress` counts the rows of all sheets.
    """
    paper = Paper(is_wide=measures.is_wide)
    paper.set_title(title)
    done, total = 0, sum(len(sheet.rows) for sheet in sheets)
    for sheet in sheets:
        table = _Table(paper, sheet, foot, measures)
        for rows in table.draw():
            done += rows
            progress(done, total)
    if not sheets:
        paper.add_page()
    return bytes(paper.output())


class _Table:
    """One sheet on its way to the paper."""

    def __init__(self, paper: Paper, sheet: Sheet, foot: Foot, measures: Measures) -> None:
        self.paper, self.sheet, self.foot, self.measures = paper, sheet, foot, measures
        self.width = paper.w - 2 * MARGIN_MM
        self.bottom = paper.h - MARGIN_MM - FOOT_MM
        scale = (self.width - GAP_MM * (len(sheet.columns) - 1)) / sum(c.share for c in sheet.columns)
        self.widths = [column.share * scale for column in sheet.columns]
        self.line_mm = measures.size * MM_A_POINT * LINE_SPACING

    def draw(self) -> Iterator[int]:
        """Draw page after page, and yield how many rows are on each."""
        self.headings = self._laid_out_headings()
        pages = list(self._pages())
        for number, rows in enumerate(pages, start=1):
            self.paper.add_page()
            y = self._draw_headings(self._draw_head(is_first=number == 1))
            for row in rows:
                y = self._draw_row(row, y)
            if not self.sheet.rows:
                self.paper.use(self.measures.size, colour=MUTED)
                self.paper.text(MARGIN_MM, y + 7, printable(self.sheet.when_empty))
            self._draw_foot(number, len(pages))
            yield len(rows)

    def _pages(self) -> Iterator[list[_Row]]:
        """Yield the rows of each page; one page at least."""
        rows: list[_Row] = []
        y = self._head_height(is_first=True)
        for row in map(self._laid_out, self.sheet.rows):
            if rows and y + row.height > self.bottom:
                yield rows
                rows, y = [], self._head_height(is_first=False)
            rows.append(row)
            y += row.height
        yield rows

    def _laid_out(self, cells: Sequence[Cell]) -> _Row:
        lines = [self._lines_of(cell, width) for cell, width in zip(cells, self.widths, strict=True)]
        most = max(1 if isinstance(cell, Blank) else len(cell) for cell in lines)
        return _Row(lines, max(most * self.line_mm + 2 * PADDING_MM, self.measures.least_row_mm))

    def _lines_of(self, cell: Cell, width: float) -> Lines | Blank:
        if isinstance(cell, Blank):
            return cell
        parts: Lines = ((cell, Look.PLAIN),) if isinstance(cell, str) else cell
        broken: list[tuple[str, Look]] = []
        for text, look in parts:
            self._use(look)
            broken += [(line, look) for line in wrap(self.paper, printable(text), width)]
        return tuple(broken)

    def _laid_out_headings(self) -> list[list[str]]:
        self.paper.use(HEADING_SIZE, "B", MUTED)
        return [
            wrap(self.paper, printable(column.heading), width)
            for column, width in zip(self.sheet.columns, self.widths, strict=True)
        ]

    def _subtitles(self) -> list[tuple[str, Look]]:
        lines: list[tuple[str, Look]] = []
        for text, look in self.sheet.lines:
            self._use(look, SUBTITLE_SIZE)
            lines += [(line, look) for line in wrap(self.paper, printable(text), self.width)]
        return lines

    def _head_height(self, *, is_first: bool) -> float:
        """Return where the first row begins."""
        subtitles = len(self._subtitles()) * SUBTITLE_SIZE * MM_A_POINT * 1.35 if is_first else 0
        title = (TITLE_SIZE if is_first else SUBTITLE_SIZE) * MM_A_POINT + (UNDER_TITLE_MM if is_first else 0)
        headings = max(map(len, self.headings)) * HEADING_SIZE * MM_A_POINT * LINE_SPACING
        return MARGIN_MM + title + subtitles + 3 + headings + PADDING_MM + 1

    def _draw_head(self, *, is_first: bool) -> float:
        """Draw the title, on the first page with what stands under it, and return where it ends."""
        size = TITLE_SIZE if is_first else SUBTITLE_SIZE
        self.paper.use(size, "B", INK)
        y = MARGIN_MM + size * MM_A_POINT * 0.8
        self.paper.text(MARGIN_MM, y, cut_to_fit(self.paper, printable(self.sheet.title), self.width))
        if is_first:
            y += UNDER_TITLE_MM
            for text, look in self._subtitles():
                y += SUBTITLE_SIZE * MM_A_POINT * 1.35
                self._use(look, SUBTITLE_SIZE)
                self.paper.text(MARGIN_MM, y, text)
        return y + size * MM_A_POINT * 0.2 + 3

    def _draw_headings(self, y: float) -> float:
        self.paper.use(HEADING_SIZE, "B", MUTED)
        step = HEADING_SIZE * MM_A_POINT * LINE_SPACING
        most = max(map(len, self.headings))
        for lines, column, (left, width) in zip(
            self.headings, self.sheet.columns, self._places(), strict=True
        ):
            for number, line in enumerate(lines):
                baseline = y + (most - len(lines) + number + 0.8) * step
                self._write(line, left, width, baseline, is_number=column.is_number)
        y += most * step + PADDING_MM
        self._rule(y, 0.4, INK)
        return y

    def _draw_row(self, row: _Row, y: float) -> float:
        for cell, column, (left, width) in zip(row.cells, self.sheet.columns, self._places(), strict=True):
            if cell is Blank.BOX:
                self._draw_box(left, y)
            if isinstance(cell, Blank):
                continue
            for number, (line, look) in enumerate(cell):
                self._use(look)
                baseline = y + PADDING_MM + (number + 0.78) * self.line_mm
                self._write(line, left, width, baseline, is_number=column.is_number)
        self._rule(y + row.height, 0.15, RULE)
        return y + row.height

    def _draw_box(self, left: float, y: float) -> None:
        self.paper.set_draw_color(*INK)
        self.paper.set_line_width(0.3)
        self.paper.rect(left, y + PADDING_MM, BOX_MM, BOX_MM)

    def _draw_foot(self, number: int, pages: int) -> None:
        y = self.paper.h - MARGIN_MM
        page = printable(self.foot.page_of(number, pages))
        self.paper.use(FOOT_SIZE, colour=MUTED)
        self.paper.write_right(MARGIN_MM + self.width, y, page)
        room = self.width - self.paper.width_of(page) - 6
        self.paper.text(MARGIN_MM, y, cut_to_fit(self.paper, printable(self.foot.text), room))

    def _places(self) -> Iterator[tuple[float, float]]:
        left: float = MARGIN_MM
        for width in self.widths:
            yield left, width
            left += width + GAP_MM

    def _write(self, text: str, left: float, width: float, baseline: float, *, is_number: bool) -> None:
        if is_number:
            self.paper.write_right(left + width, baseline, text)
        else:
            self.paper.text(left, baseline, text)

    def _rule(self, y: float, width: float, colour: tuple[int, int, int]) -> None:
        self.paper.set_draw_color(*colour)
        self.paper.set_line_width(width)
        self.paper.line(MARGIN_MM, y, MARGIN_MM + self.width, y)

    def _use(self, look: Look, size: float | None = None) -> None:
        is_bold = look in (Look.STRONG, Look.SIGNAL)
        colour = {Look.MUTED: MUTED, Look.SIGNAL: SIGNAL}.get(look, INK)
        self.paper.use(size or self.measures.size, "B" if is_bold else "", colour)
