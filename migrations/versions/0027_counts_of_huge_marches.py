"""What pages of a huge march count and compare is read from indexes alone."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

INDEXES = (
    ("ix_membership_draft", "membership", ["stage_id", "participant_id", "group_id"]),
    ("ix_published_place_roster", "published_place", ["stage_id", "participant_id", "group_id"]),
    ("ix_participant_standing", "participant", ["march_id", "standing", "id", "category"]),
    ("ix_participant_signed_up", "participant", ["march_id", "registered_at", "category", "standing"]),
)
OF_FEW = (
    ("ix_participant_no_consent", ["march_id", "standing"], "may_take_part = 0", "NOT may_take_part"),
    ("ix_participant_erasure", ["march_id"], *["erasure_asked_at IS NOT NULL"] * 2),
)


def upgrade() -> None:
    for name, table, columns in INDEXES:
        op.create_index(name, table, columns)
    for name, columns, *conditions in OF_FEW:
        on_sqlite, on_postgresql = map(sa.text, conditions)
        op.create_index(name, "participant", columns, sqlite_where=on_sqlite, postgresql_where=on_postgresql)


def downgrade() -> None:
    for name, *_rest in reversed(OF_FEW):
        op.drop_index(name, table_name="participant")
    for name, table, _columns in reversed(INDEXES):
        op.drop_index(name, table_name=table)
