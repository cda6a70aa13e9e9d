"""Long lines that the worker serves after very many places became free."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("quota") as quota:
        quota.add_column(sa.Column("line_is_served", sa.Boolean(), server_default=sa.false(), nullable=False))
    with op.batch_alter_table("quota") as quota:
        quota.alter_column("line_is_served", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("quota") as quota:
        quota.drop_column("line_is_served")
