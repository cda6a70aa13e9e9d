"""Events that the database lets nobody change or delete, with where they came from."""

from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op
from alembic.operations import BatchOperations

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

KEPT_AS = {name: sa.JSON(none_as_null=True) for name in ("details", "facts", "personal")}
EVENT = sa.table("audit_event", sa.column("id"), *(sa.column(name, kind) for name, kind in KEPT_AS.items()))
PERSONAL = {"after", "arguments", "before", "reason", "to"}
INDEXES = {
    "ix_audit_event_march_id_at_id": ["march_id", "at", "id"],
    "ix_audit_event_march_id_action_at_id": ["march_id", "action", "at", "id"],
    "ix_audit_event_march_id_account_id_at_id": ["march_id", "account_id", "at", "id"],
}
PARENTS = ("march", "account")
AT_ONCE = 1000

# What differs from the row as it was, but for personal data that go.
IS_CHANGED_SQLITE = """
    NEW.id IS NOT OLD.id OR NEW.at IS NOT OLD.at OR NEW.march_id IS NOT OLD.march_id
    OR NEW.account_id IS NOT OLD.account_id OR NEW.action IS NOT OLD.action OR NEW.subject IS NOT OLD.subject
    OR NEW.subject_id IS NOT OLD.subject_id OR NEW.facts IS NOT OLD.facts
    OR (NEW.personal IS NOT NULL AND NEW.personal IS NOT OLD.personal)
    OR (NEW.address != '' AND NEW.address IS NOT OLD.address)
"""
SQLITE = (
    f"""CREATE TRIGGER audit_event_is_not_changed BEFORE UPDATE ON audit_event WHEN {IS_CHANGED_SQLITE}
    BEGIN SELECT RAISE(ABORT, 'events of the log are not changed'); END""",
    """CREATE TRIGGER audit_event_is_not_deleted BEFORE DELETE ON audit_event
    BEGIN SELECT RAISE(ABORT, 'events of the log are not deleted'); END""",
    # INSERT OR REPLACE deletes without asking the trigger above.
    """CREATE TRIGGER audit_event_is_not_replaced BEFORE INSERT ON audit_event
    WHEN EXISTS (SELECT 1 FROM audit_event WHERE id = NEW.id)
    BEGIN SELECT RAISE(ABORT, 'events of the log are not replaced'); END""",
)
POSTGRESQL = (
    """CREATE FUNCTION refuse_to_change_the_log() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'UPDATE' THEN
            IF (NEW.id, NEW.at, NEW.march_id, NEW.account_id, NEW.action, NEW.subject, NEW.subject_id,
                NEW.facts::text)
                IS NOT DISTINCT FROM
                (OLD.id, OLD.at, OLD.march_id, OLD.account_id, OLD.action, OLD.subject, OLD.subject_id,
                OLD.facts::text)
                AND (NEW.personal IS NULL OR NEW.personal::text IS NOT DISTINCT FROM OLD.personal::text)
                AND (NEW.address = '' OR NEW.address = OLD.address)
            THEN
                RETURN NEW;
            END IF;
        END IF;
        RAISE EXCEPTION 'events of the log are not changed or deleted';
    END $$""",
    """CREATE TRIGGER audit_event_is_not_changed BEFORE UPDATE OR DELETE ON audit_event
    FOR EACH ROW EXECUTE FUNCTION refuse_to_change_the_log()""",
    """CREATE TRIGGER audit_event_is_not_emptied BEFORE TRUNCATE ON audit_event
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_change_the_log()""",
)
NO_SQLITE = tuple(f"DROP TRIGGER audit_event_is_not_{what}" for what in ("changed", "deleted", "replaced"))
NO_POSTGRESQL = (
    "DROP TRIGGER audit_event_is_not_changed ON audit_event",
    "DROP TRIGGER audit_event_is_not_emptied ON audit_event",
    "DROP FUNCTION refuse_to_change_the_log()",
)


def upgrade() -> None:
    with op.batch_alter_table("audit_event") as event:
        event.add_column(sa.Column("facts", sa.JSON(), nullable=True))
        event.add_column(sa.Column("personal", sa.JSON(none_as_null=True), nullable=True))
        event.add_column(sa.Column("address", sa.String(length=45), server_default="", nullable=False))
    for id_, details in _events("details"):
        facts = {name: value for name, value in details.items() if name not in PERSONAL}
        personal = {name: value for name, value in details.items() if name in PERSONAL}
        _write(id_, facts=facts, personal=personal or None)
    with op.batch_alter_table("audit_event") as event:
        event.alter_column("facts", existing_type=sa.JSON(), nullable=False)
        event.alter_column("address", existing_type=sa.String(length=45), server_default=None)
        event.drop_column("details")
        event.drop_index("ix_audit_event_march_id_at")
        for name, columns in INDEXES.items():
            event.create_index(name, columns)
        _tie(event, ondelete=None)
    _run(SQLITE, POSTGRESQL)


def downgrade() -> None:
    _run(NO_SQLITE, NO_POSTGRESQL)
    with op.batch_alter_table("audit_event") as event:
        event.add_column(sa.Column("details", sa.JSON(), nullable=True))
    for id_, facts, personal in _events("facts", "personal"):
        _write(id_, details=facts | (personal or {}))
    with op.batch_alter_table("audit_event") as event:
        event.alter_column("details", existing_type=sa.JSON(), nullable=False)
        for name in INDEXES:
            event.drop_index(name)
        event.create_index("ix_audit_event_march_id_at", ["march_id", "at"])
        _tie(event, ondelete="SET NULL")
        for name in ("facts", "personal", "address"):
            event.drop_column(name)


def _tie(event: BatchOperations, *, ondelete: str | None) -> None:
    """Say what becomes of events when a march or an account goes: by default it cannot."""
    for parent in PARENTS:
        name = op.f(f"fk_audit_event_{parent}_id_{parent}")
        event.drop_constraint(name, type_="foreignkey")
        event.create_foreign_key(name, parent, [f"{parent}_id"], ["id"], ondelete=ondelete)


def _events(*names: str) -> Iterator[sa.Row]:
    """Yield the number of each event and some columns, read a thousand at a time."""
    columns, last = [EVENT.c[name] for name in names], 0
    query = sa.select(EVENT.c.id, *columns).order_by(EVENT.c.id).limit(AT_ONCE)
    while rows := op.get_bind().execute(query.where(EVENT.c.id > last)).all():
        yield from rows
        last = rows[-1].id


def _write(id_: int, **values: object) -> None:
    op.get_bind().execute(EVENT.update().where(EVENT.c.id == id_).values(**values))


def _run(sqlite: tuple[str, ...], postgresql: tuple[str, ...]) -> None:
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in sqlite if is_sqlite else postgresql:
        op.get_bind().exec_driver_sql(statement)
