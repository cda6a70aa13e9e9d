"""Where somebody is signed in, and the second step of signing in."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

OF_ACCOUNT = (
    ("tf_primary_method", sa.String(length=20)),
    ("tf_totp_secret", sa.LargeBinary()),
    ("totp_counter", sa.Integer()),
    ("mf_recovery_codes", sa.JSON()),
)


def upgrade() -> None:
    op.create_table(
        "sign_in",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("device", sa.String(length=120), nullable=False),
        sa.Column("address", sa.String(length=45), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_sign_in_account_id_account"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_sign_in_secret_hash")),
    )
    op.create_index(op.f("ix_sign_in_account_id"), "sign_in", ["account_id"])
    op.create_index(op.f("ix_sign_in_seen_at"), "sign_in", ["seen_at"])
    for name, kind in OF_ACCOUNT:
        op.add_column("account", sa.Column(name, kind, nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("account") as account:
        for name, _kind in reversed(OF_ACCOUNT):
            account.drop_column(name)
    op.drop_table("sign_in")
