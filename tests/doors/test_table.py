"""Every door with every visitor, as the tables beside this file say: a new door needs a row in one."""

import csv
from pathlib import Path

import pytest
from flask import Flask

from tests.doors.knocking import METHODS, Doors, address, doors_of, outcome

Row = dict[str, str]


def read(name: str) -> dict[tuple[str, str], Row]:
    lines = Path(__file__).with_name(name).read_text(encoding="utf-8").splitlines()
    rows = list(csv.DictReader((line for line in lines if not line.startswith("#")), delimiter="\t"))
    table = {(row.pop("method"), row.pop("address")): row for row in rows}
    assert len(table) == len(rows), f"{name} has two rows for one door"
    return table


ACCOUNTS = read("accounts.tsv")
LINKS = read("links.tsv")


def test_every_door_has_its_row(migrated_app: Flask) -> None:
    there = doors_of(migrated_app)
    assert [row for row in there if ("<token>" in row[1]) and row not in LINKS] == []
    assert [row for row in there if ("<token>" not in row[1]) and row not in ACCOUNTS] == []
    assert {*ACCOUNTS, *LINKS} - set(there) == set(), "rows of doors that are gone"


@pytest.mark.parametrize(("door", "row"), [*ACCOUNTS.items(), *LINKS.items()], ids=lambda one: " ".join(one))
def test_a_door_opens_to_whom_the_table_says(doors: Doors, door: tuple[str, str], row: Row) -> None:
    found = {who: outcome(doors.knock(*door, who)) for who in row}
    assert found == row, "\t".join([*door, *found.values()])


def test_no_door_has_a_method_that_no_row_names(doors: Doors) -> None:
    """Neither PUT nor a POST to what is only read: whoever may open a page may not write to it."""
    known = {*doors_of(doors.app)}
    for rule in sorted({rule for _method, rule in known}):
        path = address(rule, {"token": "nothing", "filename": "theme.css"} | doors.own.values)
        for method in METHODS:
            if (method, rule) not in known:
                answer = doors.send(method, path, doors.visitors["coordinator"].cookie)
                assert answer.status_code == 405, f"{method} {rule}"


@pytest.mark.parametrize("who", ["stranger", "no role", "coordinator"])
def test_a_march_that_is_being_prepared_is_closed_to_all_but_its_own(doors: Doors, who: str) -> None:
    for method, rule in ACCOUNTS:
        if "<slug>" in rule:
            answer = doors.send(method, address(rule, doors.hidden.values), doors.visitors[who].cookie)
            expected = {"404", "sign in"} if who == "stranger" else {"404"}
            assert outcome(answer) in expected, f"{method} {rule}"


def test_a_stranger_cannot_tell_a_march_in_preparation_from_none(doors: Doors) -> None:
    for method, rule in ACCOUNTS:
        if "<slug>" in rule:
            hidden = doors.send(method, address(rule, doors.hidden.values), None)
            nowhere = doors.send(method, address(rule, doors.hidden.values | {"slug": "nowhere"}), None)
            assert outcome(hidden) == outcome(nowhere), f"{method} {rule}"
