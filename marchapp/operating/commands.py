"""Commands of whoever runs the program: `flask doctor`, `flask backup`, `flask restore`."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import click
from flask_migrate import upgrade
from sqlalchemy import func, inspect, select

from marchapp.extensions import db
from marchapp.models import Participant
from marchapp.operating import backup
from marchapp.operating.backup import BackupProblem, Progress
from marchapp.operating.health import findings, known_versions


@click.command()
def doctor() -> None:
    """Say in plain words what is wrong with this installation, and what helps."""
    problems = 0
    for found in findings(db.session):
        sign = click.style("ok", fg="green") if found.is_well else click.style("!!", fg="red")
        click.echo(f"{sign}  {found.thing}: {found.words}")
        if not found.is_well:
            problems += 1
            click.echo(f"      {found.to_do}")
    if problems:
        raise SystemExit(1)


@click.command("backup")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def make_backup(file: Path) -> None:
    """Copy the whole database to FILE while the program runs.

    The keys of DATA_KEYS are not in it: keep them elsewhere, for without them nobody can read its secrets.
    """
    with _said(), _bar("Copied") as progress:
        contents = backup.make(db.engine, file, now=datetime.now(UTC), progress=progress)
    size_mib = file.stat().st_size / 1024 / 1024
    click.echo(
        f"{file}: {sum(contents.rows.values())} rows of {len(contents.rows)} tables, {size_mib:.1f} MiB."
    )


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--replace", is_flag=True, help="Even if the database holds people: what it holds is lost.")
def restore(file: Path, replace: bool) -> None:
    """Bring back a copy made by `flask backup`, in place of all that the database holds.

    Stop web server and worker first. A copy of an older version gets the tables of this one afterwards.
    """
    with _said():
        contents = backup.read(file)
        if contents.schema not in known_versions():
            raise BackupProblem("The copy was made by a newer version of the program. Install that one.")
        if not replace and (people := _people_here()):
            raise BackupProblem(
                f"The database holds {people} people, who would be lost. "
                "Copy it first (flask backup), then add --replace."
            )
        db.session.close()
        with _bar("Brought back") as progress:
            backup.restore(db.engine, file, progress=progress)
    upgrade()
    click.echo(f"Brought back {sum(contents.rows.values())} rows, as they were at {contents.made_at}.")


def _people_here() -> int:
    has_tables = inspect(db.engine).has_table(Participant.__tablename__)
    return (db.session.scalar(select(func.count()).select_from(Participant)) or 0) if has_tables else 0


@contextmanager
def _said() -> Iterator[None]:
    """Say a problem in one line, and end with 1."""
    try:
        yield
    except BackupProblem as error:
        raise click.ClickException(str(error)) from error


@contextmanager
def _bar(label: str) -> Iterator[Progress]:
    with click.progressbar(length=100, label=label) as bar:
        yield lambda done, total: bar.update(done * 100 // max(total, 1) - bar.pos)
