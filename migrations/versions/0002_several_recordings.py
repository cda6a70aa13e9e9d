"""A group may have several recordings of one stage, which make up one track."""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

FILE = ("sha256", "content_gz", "size_bytes", "uploaded_at", "uploaded_by_id")
OF_A_FILE = ", ".join(FILE)
NEWEST_USED = """(SELECT id FROM recording AS newest WHERE newest.group_id = track.group_id AND newest.is_used
    ORDER BY newest.uploaded_at DESC, newest.id DESC LIMIT 1)"""
# The program before knows no joining and no cutting.
NOT_OF_ONE_WHOLE_FILE = """id IN (SELECT track.id
    FROM track JOIN recording ON recording.group_id = track.group_id WHERE recording.is_used
    GROUP BY track.id HAVING count(*) > 1 OR count(recording.piece_from) > 0)"""
WITHOUT_COMPARISON = "id NOT IN (SELECT track_id FROM track_comparison)"


def upgrade() -> None:
    op.create_table(
        "recording",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("group_id", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("content_gz", sa.LargeBinary(), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("uploaded_by_id", sa.Integer(), nullable=True),
        sa.Column("is_used", sa.Boolean(), nullable=False),
        sa.Column("piece_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column("piece_to", sa.DateTime(timezone=True), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.Column("other_stages", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["group_id"],
            ["stage_group.id"],
            name=op.f("fk_recording_group_id_stage_group"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["uploaded_by_id"],
            ["account.id"],
            name=op.f("fk_recording_uploaded_by_id_account"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recording")),
        sa.UniqueConstraint("group_id", "sha256", name=op.f("uq_recording_group_id_sha256")),
    )
    op.execute(
        f"INSERT INTO recording (id, group_id, {OF_A_FILE}, is_used, points, other_stages)"  # noqa: S608
        f" SELECT id, group_id, {OF_A_FILE}, is_current, 0, '[]' FROM track"
    )
    _go_on_counting("recording")
    _write_times_down()
    op.execute("DELETE FROM track_comparison WHERE track_id IN (SELECT id FROM track WHERE NOT is_current)")
    op.execute("DELETE FROM track WHERE NOT is_current")
    with op.batch_alter_table("track", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_track_current", sqlite_where=sa.text("is_current"), postgresql_where=sa.text("is_current")
        )
        batch_op.drop_constraint(batch_op.f("uq_track_group_id_sha256"), type_="unique")
        batch_op.drop_constraint(batch_op.f("fk_track_uploaded_by_id_account"), type_="foreignkey")
        for name in (*FILE, "is_current", "steps_done"):
            batch_op.drop_column(name)
        for name in ("points_done", "points_total"):
            batch_op.add_column(sa.Column(name, sa.Integer(), nullable=False, server_default="0"))
        batch_op.create_unique_constraint(batch_op.f("uq_track_group_id"), ["group_id"])
    with op.batch_alter_table("track", schema=None) as batch_op:
        for name in ("points_done", "points_total"):
            batch_op.alter_column(name, server_default=None)


def _write_times_down() -> None:
    """Tell of every file that was compared from when to when it is."""
    bind = op.get_bind()
    comparison = sa.table("track_comparison", sa.column("track_id"), sa.column("result", sa.JSON()))
    moment = sa.DateTime(timezone=True)
    recording = sa.table(
        "recording",
        sa.column("id"),
        sa.column("points"),
        sa.column("started_at", moment),
        sa.column("finished_at", moment),
    )
    for track_id, result in bind.execute(sa.select(comparison.c.track_id, comparison.c.result)).all():
        of_file = result["track"]
        bind.execute(
            sa.update(recording)
            .where(recording.c.id == track_id)
            .values(
                points=of_file["points_read"],
                started_at=_moment(of_file["started_at"]),
                finished_at=_moment(of_file["finished_at"]),
            )
        )


def _moment(written: str | None) -> datetime | None:
    return datetime.fromisoformat(written) if written else None


def _go_on_counting(table: str) -> None:
    """Let PostgreSQL give new rows an id that is free; SQLite does so by itself."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            f"SELECT setval(pg_get_serial_sequence('{table}', 'id'),"  # noqa: S608
            f" coalesce((SELECT max(id) FROM {table}), 0) + 1, false)"
        )


def downgrade() -> None:
    """Make a track of every file; of those in use the newest is the current one.

    What was compared of several files, or of a piece of one, is compared again, as is what was left out.
    """
    with op.batch_alter_table("track", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("uq_track_group_id"), type_="unique")
        for name in ("points_done", "points_total"):
            batch_op.drop_column(name)
        batch_op.add_column(sa.Column("sha256", sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column("content_gz", sa.LargeBinary(), nullable=True))
        batch_op.add_column(sa.Column("size_bytes", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("is_current", sa.Boolean(), nullable=False, server_default=sa.true()))
        batch_op.add_column(sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("uploaded_by_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("steps_done", sa.Integer(), nullable=False, server_default="0"))
    _make_tracks_of_files()
    op.drop_table("recording")
    with op.batch_alter_table("track", schema=None) as batch_op:
        for name in ("sha256", "content_gz", "size_bytes", "uploaded_at"):
            batch_op.alter_column(name, nullable=False)
        for name in ("is_current", "steps_done"):
            batch_op.alter_column(name, server_default=None)
        batch_op.create_unique_constraint(batch_op.f("uq_track_group_id_sha256"), ["group_id", "sha256"])
        batch_op.create_foreign_key(
            batch_op.f("fk_track_uploaded_by_id_account"),
            "account",
            ["uploaded_by_id"],
            ["id"],
            ondelete="SET NULL",
        )
        batch_op.create_index(
            "uq_track_current",
            ["group_id"],
            unique=True,
            sqlite_where=sa.text("is_current"),
            postgresql_where=sa.text("is_current"),
        )


def _make_tracks_of_files() -> None:
    of_newest = ", ".join(
        f"{name} = (SELECT {name} FROM recording WHERE recording.id = {NEWEST_USED})"  # noqa: S608
        for name in FILE
    )
    op.execute(
        f"DELETE FROM track_comparison WHERE track_id IN (SELECT id FROM track WHERE {NOT_OF_ONE_WHOLE_FILE})"  # noqa: S608
    )
    op.execute(f"UPDATE track SET {of_newest}")  # noqa: S608
    op.execute(
        f"INSERT INTO track (group_id, {OF_A_FILE}, is_current, attempts, steps_done, problem)"  # noqa: S608
        f" SELECT group_id, {OF_A_FILE}, false, 0, 0, '{{}}' FROM recording"
        " WHERE NOT EXISTS (SELECT 1 FROM track"
        " WHERE track.group_id = recording.group_id AND track.sha256 = recording.sha256)"
    )
    of_those = f"UPDATE track SET waiting_since = :now, problem = '{{}}' WHERE {WITHOUT_COMPARISON}"  # noqa: S608
    now = sa.bindparam("now", datetime.now(UTC), sa.DateTime(timezone=True))
    op.execute(sa.text(of_those).bindparams(now))
