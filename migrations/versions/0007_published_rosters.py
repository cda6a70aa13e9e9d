"""Rosters are published as versions; groups of before are, so that guides keep them."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
CHANGE = sa.Enum(
    "new", "moved", "out", "group", name="change", native_enum=False, create_constraint=True, length=20
)


def upgrade() -> None:
    op.create_table(
        "roster_version",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("stage_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("published_at", MOMENT, nullable=False),
        sa.Column("published_by_id", sa.Integer(), nullable=True),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("told", sa.Integer(), nullable=False),
        sa.Column("last_party_id", sa.Integer(), nullable=False),
        sa.Column("last_guide_id", sa.Integer(), nullable=False),
        sa.Column("letters", sa.Integer(), nullable=False),
        sa.Column("claimed_at", MOMENT, nullable=True),
        sa.Column("finished_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["published_by_id"], ["account.id"], ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["stage_id"], ["stage.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("stage_id", "number"),
    )
    op.create_table(
        "published_group",
        sa.Column("group_id", sa.Integer(), nullable=False),
        sa.Column("stage_id", sa.Integer(), nullable=False),
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("starts_at", MOMENT, nullable=False),
        sa.Column("meeting_point", sa.String(length=200), nullable=False),
        sa.Column("changes", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["group_id"], ["stage_group.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["stage_id"], ["stage.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["version_id"], ["roster_version.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("group_id"),
        sa.UniqueConstraint("group_id", "stage_id"),
    )
    _index("published_group", "stage_id")
    _index("published_group", "version_id")
    op.create_table(
        "published_guide",
        sa.Column("group_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("phone", sa.String(length=30), nullable=False),
        sa.Column("is_out", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["group_id"], ["published_group.group_id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["version_id"], ["roster_version.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("group_id", "account_id"),
    )
    _index("published_guide", "account_id")
    _index("published_guide", "version_id")
    op.create_table(
        "published_place",
        sa.Column("participant_id", sa.Integer(), nullable=False),
        sa.Column("stage_id", sa.Integer(), nullable=False),
        sa.Column("group_id", sa.Integer(), nullable=True),
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("change", CHANGE, nullable=False),
        sa.Column("number_before", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["group_id", "stage_id"], ["published_group.group_id", "published_group.stage_id"]
        ),
        sa.ForeignKeyConstraint(["participant_id"], ["participant.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["stage_id"], ["stage.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["version_id"], ["roster_version.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("participant_id", "stage_id"),
    )
    _index("published_place", "group_id")
    _index("published_place", "version_id", "participant_id")
    _index("published_place", "stage_id", "group_id")
    with op.batch_alter_table("message") as message:
        message.add_column(sa.Column("roster_version_id", sa.Integer(), nullable=True))
        message.create_foreign_key(
            "fk_message_roster_version_id_roster_version",
            "roster_version",
            ["roster_version_id"],
            ["id"],
            ondelete="SET NULL",
        )
    _index("message", "roster_version_id", "sent_at", "failed_at")
    _publish_what_is_there()


def _index(table: str, *columns: str) -> None:
    op.create_index(op.f(f"ix_{table}_{'_'.join(columns)}"), table, list(columns))


def _publish_what_is_there() -> None:
    """Make the groups of each stage its first version, as told already."""
    for statement in (
        "INSERT INTO roster_version (stage_id, number, published_at, people, told, last_party_id,"
        " last_guide_id, letters, finished_at)"
        " SELECT id, 1, CURRENT_TIMESTAMP, (SELECT count(*) FROM membership JOIN participant ON"
        " participant.id = participant_id WHERE membership.stage_id = stage.id AND standing = 'placed'),"
        " 0, 0, 0, 0, CURRENT_TIMESTAMP FROM stage"
        " WHERE EXISTS (SELECT 1 FROM stage_group WHERE stage_group.stage_id = stage.id)",
        "INSERT INTO published_group (group_id, stage_id, version_id, number, name, starts_at,"
        " meeting_point, changes)"
        " SELECT stage_group.id, stage.id, roster_version.id, stage_group.number, stage_group.name,"
        " coalesce(stage_group.starts_at, stage.starts_at), meeting_point, '[]' FROM stage_group"
        " JOIN stage ON stage.id = stage_group.stage_id"
        " JOIN roster_version ON roster_version.stage_id = stage.id",
        "INSERT INTO published_guide (group_id, account_id, version_id, name, phone, is_out)"
        " SELECT group_guide.group_id, account.id, version_id, account.name, account.phone, false"
        " FROM group_guide JOIN account ON account.id = account_id"
        " JOIN published_group ON published_group.group_id = group_guide.group_id",
        "INSERT INTO published_place (participant_id, stage_id, group_id, version_id, change)"
        " SELECT participant_id, membership.stage_id, membership.group_id, version_id, 'new'"
        " FROM membership JOIN participant ON participant.id = participant_id"
        " JOIN published_group ON published_group.group_id = membership.group_id"
        " WHERE standing = 'placed'",
    ):
        op.execute(statement)


def downgrade() -> None:
    op.drop_index("ix_message_roster_version_id_sent_at_failed_at", "message")
    with op.batch_alter_table("message") as message:
        message.drop_constraint("fk_message_roster_version_id_roster_version", type_="foreignkey")
        message.drop_column("roster_version_id")
    for table in ("published_place", "published_guide", "published_group", "roster_version"):
        op.drop_table(table)
