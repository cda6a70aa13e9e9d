"""Counts of roll calls are read from indexes alone."""

from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

INDEXES = (
    ("ix_roll_standing_at_point", "roll_standing", ["stage_id", "point", "state", "participant_id"]),
    ("ix_roll_standing_seen", "roll_standing", ["stage_id", "participant_id", "state", "point"]),
)


def upgrade() -> None:
    for name, table, columns in INDEXES:
        op.create_index(name, table, columns)


def downgrade() -> None:
    for name, table, _columns in reversed(INDEXES):
        op.drop_index(name, table_name=table)
