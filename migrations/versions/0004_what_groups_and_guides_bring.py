"""Groups have a start, a meeting point and a lock of their own; of guides it is known what they bring."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

NO = sa.false()


def upgrade() -> None:
    with op.batch_alter_table("account") as account:
        account.add_column(sa.Column("spoken_languages", sa.JSON(), nullable=False, server_default="[]"))
        account.add_column(sa.Column("knows_first_aid", sa.Boolean(), nullable=False, server_default=NO))
    with op.batch_alter_table("stage_group") as group:
        group.add_column(sa.Column("starts_at", sa.DateTime(timezone=True), nullable=True))
        group.add_column(sa.Column("meeting_point", sa.String(length=200), nullable=False, server_default=""))
        group.add_column(sa.Column("is_locked", sa.Boolean(), nullable=False, server_default=NO))
    with op.batch_alter_table("membership") as membership:
        membership.add_column(sa.Column("is_locked", sa.Boolean(), nullable=False, server_default=NO))


def downgrade() -> None:
    with op.batch_alter_table("membership") as membership:
        membership.drop_column("is_locked")
    with op.batch_alter_table("stage_group") as group:
        group.drop_column("is_locked")
        group.drop_column("meeting_point")
        group.drop_column("starts_at")
    with op.batch_alter_table("account") as account:
        account.drop_column("knows_first_aid")
        account.drop_column("spoken_languages")
