"""The last event of a march is found at once: boards ask every few seconds whether anything changed."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("audit_event") as events:
        events.create_index("ix_audit_event_march_id_id", ["march_id", "id"])


def downgrade() -> None:
    with op.batch_alter_table("audit_event") as events:
        events.drop_index("ix_audit_event_march_id_id")
