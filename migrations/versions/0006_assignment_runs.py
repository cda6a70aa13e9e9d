"""The program computes rosters: each run is written down with what it proposes."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

IS_OPEN = sa.text("closed_at IS NULL")
A_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "assignment_run",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("stage_id", sa.Integer(), nullable=False),
        sa.Column("asked_by_id", sa.Integer(), nullable=True),
        sa.Column("asked_at", A_MOMENT, nullable=False),
        sa.Column("options", sa.JSON(), nullable=False),
        sa.Column("claimed_at", A_MOMENT, nullable=True),
        sa.Column("heard_at", A_MOMENT, nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("stop_asked_at", A_MOMENT, nullable=True),
        sa.Column("finished_at", A_MOMENT, nullable=True),
        sa.Column("failed_at", A_MOMENT, nullable=True),
        sa.Column("problem", sa.String(length=40), nullable=False),
        sa.Column("closed_at", A_MOMENT, nullable=True),
        sa.Column("applied_at", A_MOMENT, nullable=True),
        sa.Column("taken_back_at", A_MOMENT, nullable=True),
        sa.Column("move_id", sa.Integer(), nullable=True),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("groups", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("cost", sa.Double(), nullable=True),
        sa.Column("bound", sa.Double(), nullable=True),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.Column("phase", sa.String(length=20), nullable=False),
        sa.Column("result", sa.JSON(), nullable=False),
        sa.CheckConstraint(
            "applied_at IS NULL OR finished_at IS NOT NULL",
            name=op.f("ck_assignment_run_applied_when_finished"),
        ),
        sa.CheckConstraint(
            "taken_back_at IS NULL OR applied_at IS NOT NULL",
            name=op.f("ck_assignment_run_taken_back_when_applied"),
        ),
        sa.ForeignKeyConstraint(
            ["asked_by_id"],
            ["account.id"],
            name=op.f("fk_assignment_run_asked_by_id_account"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["move_id"],
            ["audit_event.id"],
            name=op.f("fk_assignment_run_move_id_audit_event"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["stage_id"],
            ["stage.id"],
            name=op.f("fk_assignment_run_stage_id_stage"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assignment_run")),
    )
    op.create_index("ix_assignment_run_stage_id", "assignment_run", ["stage_id"])
    op.create_index(
        "uq_assignment_run_open",
        "assignment_run",
        ["stage_id"],
        unique=True,
        sqlite_where=IS_OPEN,
        postgresql_where=IS_OPEN,
    )


def downgrade() -> None:
    op.drop_table("assignment_run")
