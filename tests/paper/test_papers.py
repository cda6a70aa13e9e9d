"""Papers: names in both scripts, long names, headings and numbers on every page, codes to scan."""

from collections.abc import Sequence
from io import BytesIO

import pytest
import segno
from pypdf import PdfReader

from marchapp.paper.badges import Badge, draw_badges
from marchapp.paper.code import _dark_runs, code_of
from marchapp.paper.frame import Paper, can_print, cut_to_fit, fitting_size, largest_size, printable, wrap
from marchapp.paper.tables import Blank, Column, Foot, Look, Measures, Sheet, draw_tables

LONG = "Konstantin-Aleksandr Solovyov-Sedoy-Myasoyedov"
FOOT = Foot(text="Victory march", page_of=lambda page, pages: f"Page {page} of {pages}")


def badge(**given) -> Badge:
    values = {
        "march": "Марш Победы 2014",
        "days": "17–19 сентября 2014",
        "name": "Anna Orekhova",
        "native_name": "Анна Орехова",
        "category": "schoolchild",
        "category_word": "Школьник",
        "group": "Группа 3",
        "lines": ("Русский, Норвежский",),
        "guides": ("Проводник: Ольга", "+46 70 174 06 12"),
        "reference": "K7F-2M9-Q4T",
    }
    return Badge(**values | given)


def texts(pdf: bytes) -> list[str]:
    return [page.extract_text() for page in PdfReader(BytesIO(pdf)).pages]


def draw(rows: Sequence, **given) -> list[str]:
    values = {"title": "Группа 3", "columns": [Column("No.", 1, is_number=True), Column("Имя", 5)]}
    sheet = Sheet(**values | given, rows=rows)
    return texts(draw_tables([sheet], title="Roster", foot=FOOT, measures=Measures()))


def test_a_badge_says_who_somebody_is_in_both_scripts() -> None:
    [page] = texts(draw_badges([badge()], title="Badges"))
    for words in ("Anna Orekhova", "Анна Орехова", "Группа 3", "Школьник", "+46 70 174 06 12", "K7F-2M9-Q4T"):
        assert words in page


@pytest.mark.parametrize(("people", "sheets"), [(0, 1), (1, 1), (8, 1), (9, 2), (16, 2)])
def test_eight_badges_are_on_a_sheet(people: int, sheets: int) -> None:
    assert len(texts(draw_badges([badge()] * people, title="Badges"))) == sheets


def test_badges_are_counted_while_they_are_drawn() -> None:
    seen: list[tuple[int, int]] = []
    draw_badges([badge()] * 3, title="Badges", progress=lambda done, total: seen.append((done, total)))
    assert seen == [(1, 3), (2, 3), (3, 3)]


def test_a_script_that_cannot_be_printed_is_left_out_of_a_badge() -> None:
    [page] = texts(draw_badges([badge(native_name="王秀英")], title="Badges"))
    assert "?" not in page


def test_the_code_holds_the_reference_and_nothing_else() -> None:
    by_others = segno.make("K7F-2M9-Q4T", error="q", micro=False)
    assert code_of("K7F-2M9-Q4T") == by_others
    assert code_of("K7F-2M9-Q4T").mode == "alphanumeric"


def test_the_dark_squares_of_a_code_are_all_drawn() -> None:
    for row in code_of("K7F-2M9-Q4T").matrix_iter(border=0):
        drawn = [0] * len(row)
        for start, length in _dark_runs(bytes(row)):
            drawn[start : start + length] = [1] * length
        assert drawn == list(row)


@pytest.mark.parametrize("name", [LONG, "Supercalifragilisticexpialidocious" * 4, "Li", "A"])
def test_a_name_never_leaves_its_badge(name: str) -> None:
    paper = Paper()
    paper.add_page()
    size, lines = largest_size(paper, name, 91, sizes=range(22, 11, -1), lines=2)
    paper.use(size, "B")
    assert len(lines) <= 2
    assert all(paper.width_of(line) <= 91 for line in lines)


def test_a_word_that_is_too_long_is_broken_after_its_hyphen() -> None:
    paper = Paper()
    paper.use(12)
    lines = wrap(paper, LONG, 38)
    assert lines == ["Konstantin-", "Aleksandr", "Solovyov-", "Sedoy-", "Myasoyedov"] or all(
        paper.width_of(line) <= 38 for line in lines
    )
    assert "".join(lines).replace(" ", "") == LONG.replace(" ", "")


def test_no_size_is_found_for_what_never_fits() -> None:
    assert fitting_size(Paper(), LONG * 9, 20, sizes=range(20, 10, -1)) is None


def test_what_is_too_long_ends_with_an_ellipsis() -> None:
    paper = Paper()
    paper.use(12)
    assert cut_to_fit(paper, "Anna", 40) == "Anna"
    assert cut_to_fit(paper, LONG, 40).endswith("…")


def test_signs_without_a_glyph_become_question_marks() -> None:
    assert printable("Ánne 王\u202f1") == "Ánne ? 1"
    assert can_print("Čálliid Ёлкин")
    assert not can_print("")


def test_headings_and_page_numbers_stand_on_every_page() -> None:
    pages = draw([[str(number), "Анна Орехова"] for number in range(1, 101)])
    assert len(pages) > 1
    for number, page in enumerate(pages, start=1):
        assert "Группа 3" in page
        assert "Имя" in page
        assert f"Page {number} of {len(pages)}" in page
    assert sum(page.count("Анна Орехова") for page in pages) == 100


def test_a_table_without_rows_says_so() -> None:
    [page] = draw([], when_empty="Nobody is in this group yet.")
    assert "Nobody is in this group yet." in page
    assert "Page 1 of 1" in page


def test_no_sheets_make_an_empty_page() -> None:
    assert texts(draw_tables([], title="Roster", foot=FOOT, measures=Measures())) == [""]


def test_a_row_that_is_higher_than_others_is_kept_whole() -> None:
    rows = [["1", tuple((f"line {line}", Look.PLAIN) for line in range(30))] for _ in range(3)]
    for page in draw(rows):
        assert page.count("line 0") == page.count("line 29")


def test_cells_to_fill_in_by_hand_hold_no_words() -> None:
    [page] = draw([["1", Blank.BOX], ["2", Blank.ROOM]])
    words = page.replace("Victory", " Victory").replace("Имя", " Имя ").split()
    assert sorted(words) == sorted(
        ["Группа", "3", "No.", "Имя", "1", "2", "Page", "1", "of", "1", "Victory", "march"]
    )
