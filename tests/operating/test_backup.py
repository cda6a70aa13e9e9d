"""Copies of the whole database: made while others write, brought back whole, refused when damaged."""

import json
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import func, select, text

from marchapp.app import create_app
from marchapp.extensions import db
from marchapp.models import Account, March, Participant
from marchapp.operating import backup
from marchapp.operating.backup import BackupProblem
from tests.conftest import new_postgresql_database
from tests.factories import make_cast

NOW = datetime(2014, 9, 18, 1, 30, tzinfo=UTC)


def silently(_done: int, _total: int) -> None:
    pass


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def filled(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Flask]:
    """An application of its own with a small march."""
    if request.param == "sqlite":
        yield from _filled(f"sqlite:///{tmp_path / 'march.sqlite'}", tmp_path)
    else:
        with new_postgresql_database() as url:
            yield from _filled(url, tmp_path)


def _filled(url: str, folder: Path) -> Iterator[Flask]:
    app = create_app({"DATABASE_URL": url, "DATA_FOLDER": str(folder)})
    with app.app_context():
        upgrade()
        make_cast(db.session)
        db.session.commit()
        yield app
        db.session.remove()
        db.engine.dispose()


def people() -> int:
    found = db.session.scalar(select(func.count()).select_from(Participant)) or 0
    db.session.rollback()
    return found


def run(app: Flask, *arguments: str) -> Result:
    return app.test_cli_runner().invoke(args=arguments)


def test_what_was_copied_comes_back(filled: Flask, tmp_path: Path) -> None:
    before, file = people(), tmp_path / "copy"
    contents = backup.make(db.engine, file, now=NOW, progress=silently)
    assert contents.rows["participant"] == before > 0
    db.session.execute(text("DELETE FROM participant"))
    db.session.add(Account(email="new@example.org", name="New"))
    db.session.commit()
    backup.restore(db.engine, file, progress=silently)
    assert people() == before
    assert db.session.scalar(select(Account.id).where(Account.email == "new@example.org")) is None


def test_a_copy_is_of_one_moment_although_others_write(filled: Flask, tmp_path: Path) -> None:
    file = tmp_path / "copy"

    def write_meanwhile(_done: int, _total: int) -> None:
        with db.engine.begin() as other:
            number = other.scalar(text("SELECT count(*) FROM account"))
            other.execute(
                Account.__table__.insert().values(
                    email=f"{number}@example.org",
                    name="Late",
                    phone="",
                    language="en",
                    spoken_languages=[],
                    knows_first_aid=False,
                    active=True,
                    fs_uniquifier=str(number),
                )
            )

    accounts = db.session.scalar(select(func.count()).select_from(Account))
    db.session.rollback()
    contents = backup.make(db.engine, file, now=NOW, progress=write_meanwhile)
    assert contents.rows["account"] == accounts
    backup.restore(db.engine, file, progress=silently)  # counts every table itself
    assert db.session.scalar(select(func.count()).select_from(Account)) == accounts


def test_progress_reaches_the_end(filled: Flask, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    backup.make(db.engine, tmp_path / "copy", now=NOW, progress=lambda *step: told.append(step))
    assert told[-1][0] == told[-1][1] > 0


def test_a_copy_with_other_rows_than_it_says_is_refused(filled: Flask, tmp_path: Path) -> None:
    file, altered = tmp_path / "copy", tmp_path / "altered"
    backup.make(db.engine, file, now=NOW, progress=silently)
    with zipfile.ZipFile(file) as good, zipfile.ZipFile(altered, "w") as bad:
        contents = json.loads(good.read("contents.json"))
        contents["rows"]["participant"] += 1
        bad.writestr("contents.json", json.dumps(contents))
        bad.writestr("database", good.read("database"))
    with pytest.raises(BackupProblem, match="participant"):
        backup.restore(db.engine, altered, progress=silently)


def test_a_damaged_copy_changes_nothing(filled: Flask, tmp_path: Path) -> None:
    file, before = tmp_path / "copy", people()
    backup.make(db.engine, file, now=NOW, progress=silently)
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 0xFF
    file.write_bytes(content)
    with pytest.raises(BackupProblem, match="damaged"):
        backup.restore(db.engine, file, progress=silently)
    assert people() == before


def test_only_the_newest_are_kept(filled: Flask, tmp_path: Path) -> None:
    folder = tmp_path / "nightly"
    folder.mkdir()
    for day in (16, 17, 18):
        backup.make_and_keep(db.engine, folder, keep=2, now=NOW.replace(day=day))
    assert [file.name[:16] for file in sorted(folder.iterdir())] == ["march-2014-09-17", "march-2014-09-18"]
    assert all(file.stat().st_mode & 0o077 == 0 for file in folder.iterdir())


def test_the_commands_say_what_they_did_and_lose_nobody_unasked(filled: Flask, tmp_path: Path) -> None:
    file = tmp_path / "copy"
    made = run(filled, "backup", str(file))
    assert made.exit_code == 0, made.output
    assert "rows of" in made.output
    assert "is there already" in run(filled, "backup", str(file)).output
    refused = run(filled, "restore", str(file))
    assert refused.exit_code == 1
    assert "add --replace" in refused.output
    db.session.execute(text("UPDATE march SET time_zone = 'UTC'"))
    db.session.commit()
    brought = run(filled, "restore", str(file), "--replace")
    assert brought.exit_code == 0, brought.output
    assert db.session.scalar(select(March.time_zone).limit(1)) != "UTC"


def test_a_file_that_is_no_copy_gets_one_line(filled: Flask, tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("no copy")
    answer = run(filled, "restore", str(file), "--replace")
    assert answer.exit_code == 1
    assert "is no copy made by flask backup" in answer.output


def test_the_nightly_copy_goes_where_the_setting_says(filled: Flask, tmp_path: Path) -> None:
    from marchapp.operating.nightly import back_up

    folder = tmp_path / "copies"
    folder.mkdir()
    settings = filled.config["SETTINGS"]
    back_up()
    filled.config["SETTINGS"] = replace(settings, backup_folder=folder)
    back_up()
    assert len(list(folder.iterdir())) == 1
