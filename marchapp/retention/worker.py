"""Each night: take out what marches keep no longer. By hand: `flask retention`, first with `--dry-run`."""

import logging
from datetime import UTC, datetime

import click
from flask import current_app
from flask_babel import force_locale

from marchapp.background import QUEUE_ERRORS
from marchapp.extensions import db, queue
from marchapp.retention.services import carry_out, due
from marchapp.retention.words import NAMES

log = logging.getLogger(__name__)
REMOVERS = "retention.removers"  # how each kind of data is taken out: features bring that, app.py hands it on


@queue.nightly
def take_out_what_is_due() -> None:
    """Take out of every march what it keeps no longer."""
    nothing_was_due = True
    for march, removal in carry_out(db.session, current_app.extensions[REMOVERS], datetime.now(UTC)):
        nothing_was_due = False
        log.info("Taken out of %s, as it was due: %s of %s", march.slug, removal.kind, removal.count)
    if nothing_was_due:
        log.info("Looked for what is kept no longer: nothing was due")
    queue.note_done(take_out_what_is_due)


def last_looked_at() -> datetime | None:
    """Return when the program last looked for what is kept no longer, None if nobody knows."""
    try:
        return queue.done_at(take_out_what_is_due)
    except QUEUE_ERRORS:
        return None


@click.command()
@click.option("--dry-run", is_flag=True, help="Only say what is due; nothing is changed.")
def retention(dry_run: bool) -> None:
    """Take out what marches keep no longer, as each night, and report what and how many."""
    now, removers = datetime.now(UTC), current_app.extensions[REMOVERS]
    with force_locale("en"):
        found = 0
        if dry_run:
            for march, holding in due(db.session, removers, now):
                found += 1
                click.echo(
                    f"{march.slug}: {NAMES[holding.kind]}: {holding.count}, kept until {holding.until}; due."
                )
        else:
            for march, removal in carry_out(db.session, removers, now):
                found += 1
                click.echo(f"{march.slug}: {NAMES[removal.kind]}: {removal.count} taken out.")
            queue.note_done(take_out_what_is_due)
        if not found:
            click.echo("Nothing is due.")
