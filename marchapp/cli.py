"""Commands for whoever runs the program: `flask serve`, `flask worker`, `flask demo`, `flask march`, …"""

import logging
import os
import re
from contextlib import suppress
from datetime import UTC, datetime, time, timedelta
from time import sleep
from zoneinfo import ZoneInfo

import click
from flask import Flask
from flask_security import hash_password
from sqlalchemy import select, true
from sqlalchemy.exc import OperationalError

from marchapp import keys
from marchapp.accounts.devices import end_all
from marchapp.accounts.second_step import turn_off
from marchapp.accounts.services import appoint, make_account
from marchapp.background import BETWEEN_TRIES_S
from marchapp.extensions import db, queue
from marchapp.geo.comparison import ENGINE_VERSION
from marchapp.i18n import TIME_ZONES
from marchapp.models import Account, March, Role
from marchapp.models.quota import new_quotas
from marchapp.operating import commands as operating
from marchapp.operating import metrics
from marchapp.retention.worker import retention
from marchapp.tracks import worker as comparing

log = logging.getLogger(__name__)

SLUG = r"[a-z0-9]+(-[a-z0-9]+)*"
DATE = click.DateTime(["%Y-%m-%d"])
PASSWORD_LENGTH = 8


def init_app(app: Flask) -> None:
    for command in COMMANDS:
        app.cli.add_command(command)


@click.command()
@click.option("--port", default="8000", help="Port on this machine.")
def serve(port: str) -> None:
    """Start everything on this machine: database, web server, worker."""
    from marchapp.serve import serve as serve_all  # loads the demo, which no other command needs

    if not port.isdecimal() or not 1 <= int(port) <= 65535:
        raise click.ClickException(f"“{port}” is no port. Write a number from 1 to 65535: make run PORT=8000")
    raise SystemExit(serve_all(int(port)))


@click.command()
@click.option("--threads", default=1, show_default=True, help="Jobs at the same time.")
@click.option("--metrics-port", type=int, help="Show the figures of this worker to Prometheus on a port.")
def worker(threads: int, metrics_port: int | None) -> None:
    """Do the background work: send what waits in the outbox, compare the recordings that wait."""
    wait_for_the_database()
    if metrics_port:
        metrics.serve(metrics_port)
    queue.work(threads=threads)


def wait_for_the_database() -> None:
    """Begin when the database answers and the keys fit: it may be started after its worker, or be held."""
    while True:
        try:
            return refuse_wrong_keys()
        except OperationalError as error:
            db.session.rollback()
            log.warning("The worker waits for the database, which does not answer: %s", error.orig)
            sleep(BETWEEN_TRIES_S)


def refuse_wrong_keys() -> None:
    try:
        keys.check_keys(db.session)
    except keys.WrongKeys as error:
        db.session.rollback()
        raise click.ClickException(str(error)) from error
    db.session.commit()
    db.session.close()


@click.command("check-keys")
@click.option("--start-over", is_flag=True, help="The old key is lost: go on with those set now.")
def key_check(start_over: bool) -> None:
    """Say whether DATA_KEYS reads what is encrypted in the database."""
    if start_over:
        click.confirm("What the old key wrote stays in the database, unreadable. Go on?", abort=True)
        keys.start_over(db.session)
        db.session.commit()
    refuse_wrong_keys()
    click.echo("The keys fit.")


@click.command("rotate-keys")
def rotate_keys() -> None:
    """Encrypt everything with the first of DATA_KEYS, while the program runs.

    Put the new key before the old one in DATA_KEYS, separated by a comma, and start the program again; run
    this; then take the old key out. It can be broken off and begun again.
    """
    refuse_wrong_keys()
    done, total = keys.Rotation(), keys.count_encrypted(db.session)
    db.session.rollback()
    with click.progressbar(length=total, label="Values encrypted", show_pos=True) as bar:
        for size in keys.rotate(db.session, done):
            bar.update(size)
    click.echo(f"{done.changed} encrypted with the first key, {done.current} were so already.")
    if done.unreadable:
        lost = "\n".join(done.unreadable)
        raise click.ClickException(
            f"{len(done.unreadable)} cannot be read with any of DATA_KEYS and are left as they are:\n{lost}"
        )
    click.echo("The other keys are not needed any more. Take them out of DATA_KEYS.")


@click.command("compute-rosters", hidden=True)
def compute_rosters() -> None:
    """Compute the rosters that wait and end; the worker starts this beside itself."""
    from marchapp.rosters.automatic.computing import WorkerGone, compute_waiting  # loads the large solver

    os.nice(5)  # of two that want the processor, pages and letters come first
    with suppress(WorkerGone):
        compute_waiting(db.session)


@click.command()
def demo() -> None:
    """Load the demo march of 2014, the same every time."""
    from marchapp.demo.load import load

    if db.session.scalar(select(March.id).where(March.is_demo)):
        raise click.ClickException("The demo march is there already.")
    load(db.session)
    db.session.commit()
    click.echo("The demo march is loaded.")


def _known_zone(_context: click.Context, _parameter: click.Parameter, value: str) -> str:
    if value not in TIME_ZONES:
        raise click.BadParameter(f"“{value}” is no time zone. Write it as Europe/Oslo.")
    return value


def _free_slug(_context: click.Context, _parameter: click.Parameter, value: str) -> str:
    if not re.fullmatch(SLUG, value):
        raise click.BadParameter("Use small letters a to z, digits and hyphens, as in victory-march-2027.")
    if db.session.scalar(select(March.id).where(March.slug == value)):
        raise click.BadParameter(f"There is a march at /marches/{value} already. Choose another.")
    return value


def _not_before_first_day(context: click.Context, _parameter: click.Parameter, value: datetime) -> datetime:
    if value < context.params["starts_on"]:
        raise click.BadParameter("The last day is before the first.")
    return value


@click.command("march")
@click.argument("slug", metavar="SHORT-NAME", callback=_free_slug, is_eager=True)
@click.option("--name", prompt="Name of the march")
@click.option("--starts-on", type=DATE, prompt="First day, as 2027-09-17")
@click.option("--ends-on", type=DATE, prompt="Last day, as 2027-09-19", callback=_not_before_first_day)
@click.option("--time-zone", default="Europe/Oslo", prompt=True, callback=_known_zone)
def new_march(slug: str, name: str, starts_on: datetime, ends_on: datetime, time_zone: str) -> None:
    """Make a march of your own, hidden from the public until its settings say otherwise.

    SHORT-NAME stands in its address: small letters, digits and hyphens, as in victory-march-2027.
    """
    first_day = datetime.combine(starts_on, time(), ZoneInfo(time_zone))
    now = datetime.now(UTC)
    march = March(
        slug=slug,
        name={"en": name},
        summary={},
        starts_on=starts_on.date(),
        ends_on=ends_on.date(),
        time_zone=time_zone,
        signup_opens_at=now,
        signup_closes_at=max(first_day, now + timedelta(days=1)),
        quotas=new_quotas(),
    )
    db.session.add(march)
    db.session.commit()
    click.echo(f"Made /marches/{slug}. Next: flask coordinator YOUR-EMAIL --march {slug}")


def _known_march(_context: click.Context, _parameter: click.Parameter, value: str) -> str:
    if db.session.scalar(select(March.id).where(March.slug == value)) is None:
        raise click.BadParameter(f"There is no march {value}. Make it first: flask march {value}")
    return value


def _long_enough(_context: click.Context, _parameter: click.Parameter, value: str) -> str:
    if len(value) < PASSWORD_LENGTH:
        raise click.BadParameter(f"Use {PASSWORD_LENGTH} characters or more.")
    return value


@click.command()
@click.argument("email")
@click.option(
    "--march", "slug", required=True, callback=_known_march, is_eager=True, help="Short name of the march."
)
@click.option("--name", prompt="Name")
@click.password_option(callback=_long_enough, help="Password to sign in with, 8 characters or more.")
def coordinator(email: str, slug: str, name: str, password: str) -> None:
    """Make somebody a coordinator of a march, with a password to sign in."""
    march = db.session.scalars(select(March).where(March.slug == slug)).one()
    account: Account = make_account(db.session, email=email, name=name, language="en")
    account.password = hash_password(password)
    appoint(db.session, account=account, march=march, role=Role.COORDINATOR)
    db.session.commit()
    click.echo(f"{account.email} coordinates {slug}.")


@click.command("reset-second-step")
@click.argument("email")
def reset_second_step(email: str) -> None:
    """Turn somebody's second step off, who lost phone and recovery codes, and sign them out everywhere.

    Make sure first that it is them who ask: call the number that you know.
    """
    account = db.session.scalar(select(Account).where(Account.email == email.lower()))
    if account is None:
        raise click.ClickException(f"Nobody signs in as {email}.")
    turn_off(account)
    db.session.commit()
    click.echo(f"{account.email} signs in with the password alone, until the second step is set up again.")


@click.command("sign-out")
@click.argument("emails", nargs=-1)
@click.option("--everybody", is_flag=True, help="All accounts there are.")
def sign_out(emails: tuple[str, ...], everybody: bool) -> None:
    """Sign somebody out everywhere, or everybody: a phone was lost, or somebody strange was seen."""
    if everybody == bool(emails):
        raise click.UsageError("Name one or more e-mail addresses, or say --everybody.")
    wanted = [email.lower() for email in emails]
    accounts = db.session.scalars(
        select(Account).where(true() if everybody else Account.email.in_(wanted))
    ).all()
    if unknown := set(wanted) - {account.email for account in accounts}:
        raise click.ClickException(f"Nobody signs in as {', '.join(sorted(unknown))}.")
    ended = sum(end_all(account) for account in accounts)
    db.session.commit()
    click.echo(f"Ended: {ended} sign-ins of {len(accounts)} accounts.")


@click.command("compare-again")
@click.option("--all", "even_new", is_flag=True, help="Also what this version of the engine has compared.")
def compare_again(even_new: bool) -> None:
    """Compare stored recordings once more, after the engine was improved."""
    tracks = comparing.outdated_tracks(db.session, even_new=even_new)
    db.session.rollback()
    with click.progressbar(tracks, label="Recordings compared", show_pos=True) as waiting:
        compared = sum(comparing.compare_again(db.session, track_id) for track_id in waiting)
    click.echo(f"{compared} of {len(tracks)} recordings compared with engine {ENGINE_VERSION}.")


COMMANDS = (
    serve,
    worker,
    demo,
    new_march,
    coordinator,
    reset_second_step,
    sign_out,
    compare_again,
    compute_rosters,
    key_check,
    rotate_keys,
    retention,
    operating.doctor,
    operating.make_backup,
    operating.restore,
)
