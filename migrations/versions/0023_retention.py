"""How long a march keeps what it holds; people whose names were kept no longer stand as they stood."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0020"
branch_labels = None
depends_on = None

FOR_GOOD = "ck_participant_erased_for_good"


def upgrade() -> None:
    with op.batch_alter_table("march") as march:
        march.add_column(sa.Column("kept_days", sa.JSON(), server_default="{}", nullable=False))
    with op.batch_alter_table("participant") as participant:
        participant.drop_constraint(op.f(FOR_GOOD), type_="check")


def downgrade() -> None:
    # Of those whose names were kept no longer the release before knows only that they cancelled.
    op.execute(
        sa.text(
            "UPDATE participant SET standing = 'cancelled', waiting_since = NULL, cancelled_at = erased_at"
            " WHERE erased_at IS NOT NULL AND standing != 'cancelled'"
        )
    )
    with op.batch_alter_table("participant") as participant:
        participant.create_check_constraint(op.f(FOR_GOOD), "erased_at IS NULL OR standing = 'cancelled'")
    with op.batch_alter_table("march") as march:
        march.drop_column("kept_days")
