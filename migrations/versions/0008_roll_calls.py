"""Roll calls: the points where they are called, every mark, and how each person stands."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "roll_point",
        sa.Column("stage_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=24), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "start",
                "checkpoint",
                "finish",
                name="pointkind",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(
            ["stage_id"], ["stage.id"], name=op.f("fk_roll_point_stage_id_stage"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("stage_id", "code", name=op.f("pk_roll_point")),
    )
    op.create_table(
        "roll_mark",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("client_key", sa.String(length=36), nullable=False),
        sa.Column("stage_id", sa.Integer(), nullable=False),
        sa.Column("point", sa.String(length=24), nullable=False),
        sa.Column("participant_id", sa.Integer(), nullable=False),
        sa.Column("group_id", sa.Integer(), nullable=True),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "not_yet",
                "present",
                "missing",
                "left",
                "handed_over",
                name="rollstate",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("handed_to", sa.LargeBinary(), nullable=True),
        sa.Column("marked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_roll_mark_account_id_account"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["group_id"],
            ["stage_group.id"],
            name=op.f("fk_roll_mark_group_id_stage_group"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["participant_id"],
            ["participant.id"],
            name=op.f("fk_roll_mark_participant_id_participant"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["stage_id", "point"],
            ["roll_point.stage_id", "roll_point.code"],
            name=op.f("fk_roll_mark_stage_id_point_roll_point"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roll_mark")),
        sa.UniqueConstraint("client_key", name=op.f("uq_roll_mark_client_key")),
    )
    with op.batch_alter_table("roll_mark") as table:
        table.create_index(table.f("ix_roll_mark_group_id"), ["group_id"], unique=False)
        table.create_index(
            table.f("ix_roll_mark_participant_id_stage_id_point"),
            ["participant_id", "stage_id", "point"],
            unique=False,
        )
        table.create_index(table.f("ix_roll_mark_stage_id_id"), ["stage_id", "id"], unique=False)

    op.create_table(
        "roll_standing",
        sa.Column("stage_id", sa.Integer(), nullable=False),
        sa.Column("point", sa.String(length=24), nullable=False),
        sa.Column("participant_id", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "not_yet",
                "present",
                "missing",
                "left",
                "handed_over",
                name="rollstate",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("marked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("client_key", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(
            ["client_key"],
            ["roll_mark.client_key"],
            name=op.f("fk_roll_standing_client_key_roll_mark"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["participant_id"],
            ["participant.id"],
            name=op.f("fk_roll_standing_participant_id_participant"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["stage_id", "point"],
            ["roll_point.stage_id", "roll_point.code"],
            name=op.f("fk_roll_standing_stage_id_point_roll_point"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("stage_id", "point", "participant_id", name=op.f("pk_roll_standing")),
    )
    with op.batch_alter_table("roll_standing") as table:
        table.create_index(table.f("ix_roll_standing_client_key"), ["client_key"], unique=False)
        table.create_index(
            "ix_roll_standing_left",
            ["state", "participant_id"],
            unique=False,
            sqlite_where=sa.text("state = 'left'"),
            postgresql_where=sa.text("state = 'left'"),
        )
        table.create_index(
            "ix_roll_standing_missing",
            ["stage_id", "participant_id"],
            unique=False,
            sqlite_where=sa.text("state = 'missing'"),
            postgresql_where=sa.text("state = 'missing'"),
        )
        table.create_index(table.f("ix_roll_standing_participant_id"), ["participant_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("roll_standing") as table:
        table.drop_index(table.f("ix_roll_standing_participant_id"))
        table.drop_index(
            "ix_roll_standing_missing",
            sqlite_where=sa.text("state = 'missing'"),
            postgresql_where=sa.text("state = 'missing'"),
        )
        table.drop_index(
            "ix_roll_standing_left",
            sqlite_where=sa.text("state = 'left'"),
            postgresql_where=sa.text("state = 'left'"),
        )
        table.drop_index(table.f("ix_roll_standing_client_key"))

    op.drop_table("roll_standing")
    with op.batch_alter_table("roll_mark") as table:
        table.drop_index(table.f("ix_roll_mark_stage_id_id"))
        table.drop_index(table.f("ix_roll_mark_participant_id_stage_id_point"))
        table.drop_index(table.f("ix_roll_mark_group_id"))

    op.drop_table("roll_mark")
    op.drop_table("roll_point")
