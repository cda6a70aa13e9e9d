"""The libraries that serve the whole application, made here and tied to it in app.py."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from sqlite3 import OperationalError
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any

from flask import g, has_app_context, has_request_context, request
from flask_babel import Babel
from flask_limiter import Limiter
from flask_mailman import Mail
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from flask_sqlalchemy.session import Session as FlaskSession
from flask_wtf.csrf import CSRFProtect
from sqlalchemy import Connection, Engine, MetaData, event
from sqlalchemy.exc import DBAPIError, InvalidatePoolError
from sqlalchemy.orm import DeclarativeBase, Session, SessionTransaction

from marchapp import limits
from marchapp.background import TaskQueue
from marchapp.vault import Vault

NAMES_OF_CONSTRAINTS = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
PATIENCE_S = 15  # as long as a writer waits for another
BETWEEN_TRIES_S = 0.002
LONG_REST_S = 1  # after which the server may have closed a connection unnoticed
REPLICA = "replica"  # the name of a second database, which follows the first and is only read
READING_METHODS = {"GET", "HEAD", "OPTIONS"}
BEGUN = "begun"  # in what a session keeps: the connections that it has begun transactions on
RESTS_SINCE = "rests_since"  # in what a connection keeps while it lies in the pool
WRITES = "writes"  # in what a connection keeps: whether its transaction did more than read


class Base(DeclarativeBase):
    """The common base of all tables."""

    metadata = MetaData(naming_convention=NAMES_OF_CONSTRAINTS)


class Database(SQLAlchemy):
    """Flask-SQLAlchemy; to type checkers its session is the one of the request that it forwards to."""

    if TYPE_CHECKING:
        session: Session  # type: ignore[assignment]


class RoutedSession(FlaskSession):
    """Asks the replica, where there is one, in what said `from_replica()`.

    What only read is ended by a commit, which is the same to the database: at a rollback psycopg forgets the
    statements that it has prepared, and most requests only read.
    """

    def get_bind(self, *arguments: Any, **named: Any) -> Engine | Connection:
        engines = db.engines if has_app_context() else {}
        if REPLICA in engines and g.get("reads_replica"):
            return engines[REPLICA]
        return super().get_bind(*arguments, **named)

    def close(self) -> None:
        for connection in self.info.pop(BEGUN, ()):
            if connection.invalidated or not connection.in_transaction() or connection.info[WRITES]:
                continue
            with suppress(DBAPIError):  # a database that is gone has nothing to end
                connection.commit()
        super().close()


@event.listens_for(RoutedSession, "after_begin")
def _note_begun(session: Session, _transaction: SessionTransaction, connection: Connection) -> None:
    if WRITES in connection.info:
        earlier = {one for one in session.info.get(BEGUN, ()) if not one.closed}
        session.info[BEGUN] = earlier | {connection}


db = Database(model_class=Base, session_options={"class_": RoutedSession})
migrate = Migrate()
babel = Babel()
csrf = CSRFProtect()
limiter = Limiter(
    limits.who,
    default_limits=[limits.size],
    default_limits_exempt_when=limits.is_free,
    application_limits=[limits.WRONG_LINKS],
    application_limits_exempt_when=limits.has_no_secret,
    application_limits_deduct_when=limits.is_wrong_link,
    in_memory_fallback_enabled=True,  # where Redis is silent, each process counts for itself
)
mail = Mail()
queue = TaskQueue()
vault = Vault()


def address_of_request() -> str:
    """Return the network address that this request came from, as far as proxies are trusted; else nothing."""
    return (request.remote_addr or "") if has_request_context() else ""


def only_read() -> None:
    """Say that this request writes nothing, although it was posted: then it keeps no writer waiting."""
    g.only_reads = True


def now_write() -> None:
    """Begin to write, in a request that only read up to here.

    SQLite begins anew as a writer, and what was loaded is read again; PostgreSQL goes on, and sees from each
    statement on what others have committed.
    """
    g.only_reads = False
    if db.engine.dialect.name == "sqlite":
        db.session.rollback()


@contextmanager
def reading() -> Iterator[None]:
    """Keep no writer waiting while the worker only reads, however long that takes."""
    before = g.get("only_reads")
    g.only_reads = True
    try:
        yield
    finally:
        g.only_reads = before


@contextmanager
def writing() -> Iterator[None]:
    """Begin the transactions within as those of a writer, in the midst of one that reads."""
    before = g.get("only_reads")
    g.only_reads = False
    try:
        yield
    finally:
        g.only_reads = before


@contextmanager
def from_replica() -> Iterator[None]:
    """Read long lists from the replica, if the settings name one: it may be a moment behind."""
    before = g.get("reads_replica", False)
    g.reads_replica = True
    try:
        yield
    finally:
        g.reads_replica = before


def _only_reads() -> bool:
    """Tell whether what begins now writes nothing: it said so itself, or it answers a GET."""
    said = g.get("only_reads") if has_app_context() else None
    return (has_request_context() and request.method in READING_METHODS) if said is None else said


def tune(engine: Engine) -> None:
    """Let a database do well what this program asks of it."""
    if engine.dialect.name == "sqlite":
        tune_sqlite(engine)
    else:
        tune_postgresql(engine)


def tune_postgresql(engine: Engine) -> None:
    """Spare PostgreSQL and its driver work.

    Rows that come together go in one statement; it is noted which transactions only read, for their
    statements to stay prepared; and only a connection that was idle is asked whether it is still there,
    where the pool's own `pre_ping` asks each before each page.
    """
    engine.dialect.use_insertmanyvalues_wo_returning = True

    @event.listens_for(engine, "checkin")
    def rest(_connection: Any, record: Any) -> None:
        record.info[RESTS_SINCE] = monotonic()

    @event.listens_for(engine, "checkout")
    def wake(connection: Any, record: Any, _of_pool: Any) -> None:
        if monotonic() - record.info.get(RESTS_SINCE, monotonic()) < LONG_REST_S:
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as error:
            raise InvalidatePoolError from error

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.info[WRITES] = False

    @event.listens_for(engine, "before_cursor_execute")
    def note_writing(
        connection: Connection, _cursor: Any, _statement: str, _values: Any, context: Any, _many: bool
    ) -> None:
        if not (context.compiled and getattr(context.compiled.statement, "is_select", False)):
            connection.info[WRITES] = True


def tune_sqlite(engine: Engine) -> None:
    """Let SQLite keep its promises: foreign keys, readers beside one writer, waiting instead of failing.

    A request that may write begins with BEGIN IMMEDIATE: two of them wait for each other at the start, where
    the busy timeout helps, and not at the first write, where SQLite can only refuse.
    """

    @event.listens_for(engine, "connect")
    def open_connection(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # BEGIN is ours, below
        for pragma in ("journal_mode=WAL", "foreign_keys=ON", "synchronous=NORMAL"):
            connection.execute(f"PRAGMA {pragma}")
        connection.execute(f"PRAGMA busy_timeout={PATIENCE_S * 1000}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        if _only_reads():
            connection.exec_driver_sql("BEGIN")
        else:
            _begin_to_write(connection.connection.driver_connection)


def _begin_to_write(connection: Any) -> None:
    """Begin when no other writer is at work, asking often.

    SQLite itself asks ever more seldom, up to ten times a second: many writers at once then leave the file
    idle most of the time, and who came first is served last.
    """
    give_up_at = monotonic() + PATIENCE_S
    connection.execute("PRAGMA busy_timeout=1")
    try:
        while True:
            try:
                connection.execute("BEGIN IMMEDIATE")
            except OperationalError:
                if monotonic() > give_up_at:
                    raise
                sleep(BETWEEN_TRIES_S)
            else:
                return
    finally:
        connection.execute(f"PRAGMA busy_timeout={PATIENCE_S * 1000}")
