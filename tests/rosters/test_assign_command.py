"""`python -m marchapp assign`: the roster, the JSON, and refusals that name the line."""

import json
import sys
from pathlib import Path

import pytest

from marchapp.__main__ import main

HEADER = "id,unit,class,country,languages,child,guide,first_aid,previous_group,locked_group"
PEOPLE = f"""{HEADER}
guide,,,no,no en,0,1,1,,
anna,u,4A,no,no,1,0,0,,
ole,u,4A,no,no ru,1,0,0,,2
mari,,,ru,ru,0,1,1,1,
"""
GROUPS = "id,min_size,max_size\n1,1,3\n2,2,3\n"


class Files:
    def __init__(self, folder: Path) -> None:
        self.people, self.groups = folder / "people.csv", folder / "groups.csv"
        self.write(PEOPLE, GROUPS)

    def write(self, people: str | bytes, groups: str | bytes = GROUPS) -> None:
        for path, content in ((self.people, people), (self.groups, groups)):
            path.write_bytes(content if isinstance(content, bytes) else content.encode())

    def assign(self, *options: str) -> int:
        return main(["assign", str(self.people), str(self.groups), *options])


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path)


def test_the_json_is_one_object(files: Files, capsys: pytest.CaptureFixture[str]) -> None:
    assert files.assign("--json", "--time-limit", "5") == 0

    answer = json.loads(capsys.readouterr().out)
    assert list(answer) == [
        "status",
        "cost",
        "bound",
        "seconds",
        "cost_by_rule",
        "broken",
        "assignments",
    ]
    assert answer["status"] == "optimal"
    assert answer["broken"] == []
    assert answer["assignments"] == {"guide": "2", "anna": "2", "ole": "2", "mari": "1"}


def test_the_summary_shows_groups_and_what_is_missing(
    files: Files, capsys: pytest.CaptureFixture[str]
) -> None:
    files.write(PEOPLE.replace("guide,,,no,no en,0,1,1", "guide,,,no,no en,0,0,1"))

    assert files.assign("--children-per-adult", "1") == 0

    answer = capsys.readouterr().out
    assert "The stage lacks one guide in all." in answer
    assert "Group 2 lacks a guide." in answer
    assert "2\t3\t2\tguide anna ole" in answer


def test_files_of_a_spreadsheet_program_are_read(files: Files, capsys: pytest.CaptureFixture[str]) -> None:
    files.write(
        b"\xef\xbb\xbf" + PEOPLE.replace(",", ";").replace("\n", "\r\n").encode(), GROUPS.replace(",", ";")
    )

    assert files.assign("--json") == 0

    assert json.loads(capsys.readouterr().out)["status"] == "optimal"


def test_every_bad_row_is_named_by_its_line(files: Files, capsys: pytest.CaptureFixture[str]) -> None:
    files.write(
        f"{HEADER}\na,,,,,1,0,0,,\na,,,,,0,0,0,,\n,,,,,0,0,0,,\n\nb,,,,,yes,2,0,,\nc,,,,,0,0,0,,9\nd,x\n",
        "id,min_size,max_size\n1,5,4\n2,-1,x\n3,1,2\n3,1,2\n",
    )

    assert files.assign() == 2

    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.splitlines() == [
        f"{files.groups}: line 2: min_size 5 is more than max_size 4.",
        f"{files.groups}: line 3: min_size is '-1'; it has to be a whole number from 0 to 100000.",
        f"{files.groups}: line 3: max_size is 'x'; it has to be a whole number from 0 to 100000.",
        f"{files.groups}: line 5: the id 3 is on line 4, too.",
        f"{files.people}: line 3: the id a is on line 2, too.",
        f"{files.people}: line 4: the id is missing.",
        f"{files.people}: line 6: child is 'yes'; it has to be 0 or 1.",
        f"{files.people}: line 6: guide is '2'; it has to be 0 or 1.",
        f"{files.people}: line 8: 2 values, but the header has 10 columns.",
    ]


def test_an_unknown_locked_group_is_named(files: Files, capsys: pytest.CaptureFixture[str]) -> None:
    files.write(PEOPLE.replace(",,2\n", ",,9\n"))

    assert files.assign() == 2
    assert capsys.readouterr().err == f"{files.people}: line 4: locked_group 9 is not among the groups.\n"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "line 1: the file is empty."),
        (b"id,name\n1,x\n", "line 1: the header lacks unit, class,"),
        (PEOPLE.encode("utf-16"), "line 1: not UTF-8 text."),
        (PEOPLE.replace("ole", "\u00e5se").encode("latin-1"), "line 4: not UTF-8 text."),
        (HEADER.encode() + b'\n"a,,,,\n', "not readable as CSV"),
    ],
)
def test_an_unusable_file_is_one_sentence_and_code_2(
    files: Files, content: bytes, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    files.write(content)

    assert files.assign() == 2
    told = capsys.readouterr().err
    assert told.startswith(f"{files.people}: ")
    assert said in told


def test_a_missing_file_and_a_bad_option_are_refused(
    files: Files, capsys: pytest.CaptureFixture[str]
) -> None:
    files.groups.unlink()

    assert files.assign() == 2
    assert "groups.csv: No such file" in capsys.readouterr().err
    for option in (["--time-limit", "0"], ["--children-per-adult", "-1"], ["--nationality", "none"]):
        with pytest.raises(SystemExit) as ended:
            files.assign(*option)
        assert ended.value.code == 2


def test_a_long_assignment_shows_its_progress_to_who_watches(
    files: Files, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("marchapp.commands.bar.BAR_AFTER_S", 0.0)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)

    assert files.assign() == 0

    told = capsys.readouterr().err
    assert "cost" in told
    assert told.endswith("\r\x1b[K")
