"""Badges to print and cut: eight on a sheet of A4, with marks to cut along."""

from collections.abc import Sequence
from dataclasses import dataclass

from marchapp.paper.code import draw_code
from marchapp.paper.frame import (
    INK,
    MUTED,
    RULE,
    Paper,
    Progress,
    can_print,
    cut_to_fit,
    fitting_size,
    largest_size,
    no_progress,
    printable,
)
from marchapp.paper.shapes import draw_sign

COLUMNS, ROWS = 2, 4
WIDTH_MM, HEIGHT_MM = 210 / COLUMNS, 297 / ROWS
INSET_MM = 7  # most printers leave 5 mm white
CODE_MM = 25
MARK_MM = 4
ONE_LINE, TWO_LINES = range(27, 19, -1), range(22, 11, -1)
NATIVE_SIZES = range(14, 8, -1)
GROUP_SIZES = range(15, 8, -1)
SMALL = 9.5
NAME_BASELINE_MM, LINE_A_POINT_MM = 13.5, 0.4
STEP_MM = 4.3  # from line to line beside the code
MOST_LINES = 4  # of them under the category


@dataclass(frozen=True, kw_only=True)
class Badge:
    """What stands on a badge, in the language of the paper.

    `category` names the sign, `category_word` says it. `lines` stand small under the group.
    """

    march: str
    days: str
    name: str
    native_name: str
    category: str
    category_word: str
    group: str
    lines: tuple[str, ...]
    guides: tuple[str, ...]
    reference: str


def draw_badges(badges: Sequence[Badge], *, title: str, progress: Progress = no_progress) -> bytes:
    """Draw badges in their order, eight a sheet; without any, one sheet that is empty."""
    paper = Paper()
    paper.set_title(title)
    for place, badge in enumerate(badges):
        on_sheet = place % (COLUMNS * ROWS)
        if on_sheet == 0:
            _new_sheet(paper)
        row, column = divmod(on_sheet, COLUMNS)
        _draw(paper, badge, left=column * WIDTH_MM, top=row * HEIGHT_MM)
        progress(place + 1, len(badges))
    if not badges:
        paper.add_page()
    return bytes(paper.output())


def _new_sheet(paper: Paper) -> None:
    """Add a sheet with marks where it is cut: at its edges, and crosses where cuts meet."""
    paper.add_page()
    paper.set_draw_color(*RULE)
    paper.set_line_width(0.15)
    for row in range(1, ROWS):
        y = row * HEIGHT_MM
        for x in (0.0, WIDTH_MM, 2 * WIDTH_MM):
            paper.line(max(x - MARK_MM, 0), y, min(x + MARK_MM, 2 * WIDTH_MM), y)
    for row in range(ROWS + 1):
        y = row * HEIGHT_MM
        paper.line(WIDTH_MM, max(y - MARK_MM, 0), WIDTH_MM, min(y + MARK_MM, ROWS * HEIGHT_MM))


def _draw(paper: Paper, badge: Badge, *, left: float, top: float) -> None:
    inner, right = left + INSET_MM, left + WIDTH_MM - INSET_MM
    _draw_head(paper, badge, left=inner, right=right, baseline=top + INSET_MM + 2)
    _draw_names(paper, badge, left=inner, width=right - inner, top=top + NAME_BASELINE_MM)
    code_left, code_top = right - CODE_MM, top + HEIGHT_MM - INSET_MM - CODE_MM - 3.5
    _draw_rest(paper, badge, left=inner, width=code_left - inner - 3, bottom=top + HEIGHT_MM - INSET_MM)
    draw_code(paper, badge.reference, left=code_left, top=code_top, size=CODE_MM)
    paper.use(7.5)
    middle = code_left + (CODE_MM - paper.width_of(badge.reference)) / 2
    paper.text(middle, code_top + CODE_MM + 3.2, badge.reference)


def _draw_head(paper: Paper, badge: Badge, *, left: float, right: float, baseline: float) -> None:
    paper.use(SMALL, colour=MUTED)
    days = printable(badge.days)
    paper.write_right(right, baseline, days)
    width = right - left - paper.width_of(days) - 4
    paper.use(SMALL, "B", MUTED)
    paper.text(left, baseline, cut_to_fit(paper, printable(badge.march), width))


def _draw_names(paper: Paper, badge: Badge, *, left: float, width: float, top: float) -> None:
    name = printable(badge.name)
    in_one = fitting_size(paper, name, width, sizes=ONE_LINE)
    size, lines = in_one or largest_size(paper, name, width, sizes=TWO_LINES, lines=2)
    paper.use(size, "B", INK)
    baseline = top
    for line in lines:
        baseline += size * LINE_A_POINT_MM
        paper.text(left, baseline, line)
    if can_print(badge.native_name) and badge.native_name != badge.name:
        size, [line, *_] = largest_size(paper, badge.native_name, width, sizes=NATIVE_SIZES, weight="")
        paper.use(size, colour=MUTED)
        paper.text(left, baseline + size * LINE_A_POINT_MM + 1.2, line)


def _draw_rest(paper: Paper, badge: Badge, *, left: float, width: float, bottom: float) -> None:
    """Draw what stands beside the code: the group, the category, languages, and whom to call."""
    plain, strong = badge.lines, badge.guides[: max(MOST_LINES - len(badge.lines), 1)]
    baseline = bottom - (len(plain) + len(strong)) * STEP_MM - 0.5
    draw_sign(paper, badge.category, left=left, top=baseline - 2.9, size=3.2)
    paper.use(SMALL)
    paper.text(left + 4.8, baseline, cut_to_fit(paper, printable(badge.category_word), width - 4.8))
    _draw_group(paper, badge, left=left, width=width, baseline=baseline - 5.8)
    paper.use(SMALL)
    for line in plain:
        baseline += STEP_MM
        paper.text(left, baseline, cut_to_fit(paper, printable(line), width))
    paper.use(SMALL, "B")
    for line in strong:
        baseline += STEP_MM
        paper.text(left, baseline, cut_to_fit(paper, printable(line), width))


def _draw_group(paper: Paper, badge: Badge, *, left: float, width: float, baseline: float) -> None:
    if badge.group:
        size, [line, *_] = largest_size(paper, printable(badge.group), width, sizes=GROUP_SIZES)
        paper.use(size, "B", INK)
        paper.text(left, baseline, line)
