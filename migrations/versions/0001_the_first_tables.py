"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "account",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("phone", sa.String(length=30), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("password", sa.String(length=255), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("fs_uniquifier", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("email", name=op.f("uq_account_email")),
        sa.UniqueConstraint("fs_uniquifier", name=op.f("uq_account_fs_uniquifier")),
    )
    op.create_table(
        "march",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(length=60), nullable=False),
        sa.Column("name", sa.JSON(), nullable=False),
        sa.Column("summary", sa.JSON(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("time_zone", sa.String(length=60), nullable=False),
        sa.Column("contact_email", sa.String(length=254), nullable=False),
        sa.Column("is_demo", sa.Boolean(), nullable=False),
        sa.Column("is_public", sa.Boolean(), nullable=False),
        sa.Column("shows_places", sa.Boolean(), nullable=False),
        sa.Column("shows_comparisons", sa.Boolean(), nullable=False),
        sa.Column("signup_opens_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("signup_closes_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("ends_on >= starts_on", name=op.f("ck_march_dates_in_order")),
        sa.CheckConstraint("signup_closes_at > signup_opens_at", name=op.f("ck_march_signup_in_order")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_march")),
        sa.UniqueConstraint("slug", name=op.f("uq_march_slug")),
    )
    op.create_table(
        "appointment",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("march_id", sa.Integer(), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "coordinator", "guide", name="role", native_enum=False, create_constraint=True, length=20
            ),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_appointment_account_id_account"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["march_id"], ["march.id"], name=op.f("fk_appointment_march_id_march"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("account_id", "march_id", "role", name=op.f("pk_appointment")),
    )
    with op.batch_alter_table("appointment", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_appointment_march_id"), ["march_id"], unique=False)

    op.create_table(
        "audit_event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("march_id", sa.Integer(), nullable=True),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("action", sa.String(length=60), nullable=False),
        sa.Column("subject", sa.String(length=60), nullable=False),
        sa.Column("subject_id", sa.Integer(), nullable=True),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
            name=op.f("fk_audit_event_account_id_account"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["march_id"], ["march.id"], name=op.f("fk_audit_event_march_id_march"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_event")),
    )
    with op.batch_alter_table("audit_event", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_audit_event_march_id_at"), ["march_id", "at"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_audit_event_subject_subject_id"), ["subject", "subject_id"], unique=False
        )

    op.create_table(
        "message",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("march_id", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("recipient", sa.String(length=254), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.String(length=500), nullable=False),
        sa.ForeignKeyConstraint(
            ["march_id"], ["march.id"], name=op.f("fk_message_march_id_march"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message")),
    )
    with op.batch_alter_table("message", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_message_march_id"), ["march_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_message_sent_at_next_attempt_at"), ["sent_at", "next_attempt_at"], unique=False
        )

    op.create_table(
        "participant",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("march_id", sa.Integer(), nullable=False),
        sa.Column(
            "category",
            sa.Enum(
                "schoolchild",
                "official",
                "border_guard",
                name="category",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("given_name", sa.String(length=80), nullable=False),
        sa.Column("family_name", sa.String(length=80), nullable=False),
        sa.Column("native_name", sa.String(length=160), nullable=False),
        sa.Column("name_key", sa.String(length=170), nullable=False),
        sa.Column("search_key", sa.String(length=400), nullable=False),
        sa.Column("birth_date", sa.Date(), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("municipality", sa.String(length=120), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("phone", sa.String(length=30), nullable=False),
        sa.Column("emergency_name", sa.String(length=120), nullable=False),
        sa.Column("emergency_phone", sa.String(length=30), nullable=False),
        sa.Column("school", sa.String(length=120), nullable=False),
        sa.Column("school_class", sa.String(length=20), nullable=False),
        sa.Column("guardian_name", sa.String(length=120), nullable=False),
        sa.Column("guardian_phone", sa.String(length=30), nullable=False),
        sa.Column("body", sa.String(length=120), nullable=False),
        sa.Column("position", sa.String(length=120), nullable=False),
        sa.Column("service", sa.String(length=120), nullable=False),
        sa.Column("unit", sa.String(length=120), nullable=False),
        sa.Column("rank", sa.String(length=60), nullable=False),
        sa.Column("reference", sa.String(length=12), nullable=False),
        sa.Column("submission_key", sa.String(length=36), nullable=False),
        sa.Column("link_hash", sa.String(length=64), nullable=False),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["march_id"], ["march.id"], name=op.f("fk_participant_march_id_march"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_participant")),
        sa.UniqueConstraint("link_hash", name=op.f("uq_participant_link_hash")),
        sa.UniqueConstraint(
            "march_id", "name_key", "birth_date", name=op.f("uq_participant_march_id_name_key_birth_date")
        ),
        sa.UniqueConstraint("march_id", "reference", name=op.f("uq_participant_march_id_reference")),
        sa.UniqueConstraint(
            "march_id", "submission_key", name=op.f("uq_participant_march_id_submission_key")
        ),
    )
    with op.batch_alter_table("participant", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_participant_march_id_category"), ["march_id", "category"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_participant_march_id_country"), ["march_id", "country"], unique=False
        )
        batch_op.create_index(
            "ix_participant_list",
            [
                "march_id",
                "cancelled_at",
                "family_name",
                "given_name",
                "category",
                "country",
                "birth_date",
                "registered_at",
                "search_key",
            ],
            unique=False,
        )

    op.create_table(
        "quota",
        sa.Column("march_id", sa.Integer(), nullable=False),
        sa.Column(
            "category",
            sa.Enum(
                "schoolchild",
                "official",
                "border_guard",
                name="category",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.CheckConstraint("taken >= 0 AND taken <= capacity", name=op.f("ck_quota_not_overbooked")),
        sa.ForeignKeyConstraint(
            ["march_id"], ["march.id"], name=op.f("fk_quota_march_id_march"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("march_id", "category", name=op.f("pk_quota")),
    )
    op.create_table(
        "stage",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("march_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("name", sa.JSON(), nullable=False),
        sa.Column("start_name", sa.JSON(), nullable=False),
        sa.Column("finish_name", sa.JSON(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finishes_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("crosses_border", sa.Boolean(), nullable=False),
        sa.Column("crossing_point", sa.JSON(), nullable=False),
        sa.Column("crossing_legal_basis", sa.JSON(), nullable=False),
        sa.CheckConstraint("finishes_at > starts_at", name=op.f("ck_stage_times_in_order")),
        sa.ForeignKeyConstraint(
            ["march_id"], ["march.id"], name=op.f("fk_stage_march_id_march"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stage")),
        sa.UniqueConstraint("march_id", "number", name=op.f("uq_stage_march_id_number")),
    )
    op.create_table(
        "checkpoint",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("stage_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("lat", sa.Double(), nullable=False),
        sa.Column("lon", sa.Double(), nullable=False),
        sa.Column("route_m", sa.Double(), nullable=False),
        sa.Column("planned_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["stage_id"], ["stage.id"], name=op.f("fk_checkpoint_stage_id_stage"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_checkpoint")),
        sa.UniqueConstraint("stage_id", "position", name=op.f("uq_checkpoint_stage_id_position")),
    )
    op.create_table(
        "planned_route",
        sa.Column("stage_id", sa.Integer(), nullable=False),
        sa.Column("content_gz", sa.LargeBinary(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("length_m", sa.Double(), nullable=False),
        sa.Column("ascent_m", sa.Double(), nullable=True),
        sa.Column("descent_m", sa.Double(), nullable=True),
        sa.Column("drawing", sa.JSON(), nullable=False),
        sa.Column("basemap", sa.JSON(), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("uploaded_by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["stage_id"], ["stage.id"], name=op.f("fk_planned_route_stage_id_stage"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["uploaded_by_id"],
            ["account.id"],
            name=op.f("fk_planned_route_uploaded_by_id_account"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("stage_id", name=op.f("pk_planned_route")),
    )
    op.create_table(
        "route_draft",
        sa.Column("stage_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("content_gz", sa.LargeBinary(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_route_draft_account_id_account"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["stage_id"], ["stage.id"], name=op.f("fk_route_draft_stage_id_stage"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("stage_id", "account_id", name=op.f("pk_route_draft")),
    )
    op.create_table(
        "stage_entry",
        sa.Column("participant_id", sa.Integer(), nullable=False),
        sa.Column("stage_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["participant_id"],
            ["participant.id"],
            name=op.f("fk_stage_entry_participant_id_participant"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["stage_id"], ["stage.id"], name=op.f("fk_stage_entry_stage_id_stage"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("participant_id", "stage_id", name=op.f("pk_stage_entry")),
    )
    with op.batch_alter_table("stage_entry", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_stage_entry_stage_id_participant_id"), ["stage_id", "participant_id"], unique=False
        )

    op.create_table(
        "stage_group",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("stage_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("min_size", sa.Integer(), nullable=False),
        sa.Column("max_size", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "min_size >= 1 AND max_size >= min_size", name=op.f("ck_stage_group_sizes_in_order")
        ),
        sa.ForeignKeyConstraint(
            ["stage_id"], ["stage.id"], name=op.f("fk_stage_group_stage_id_stage"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stage_group")),
        sa.UniqueConstraint("id", "stage_id", name=op.f("uq_stage_group_id_stage_id")),
        sa.UniqueConstraint("stage_id", "number", name=op.f("uq_stage_group_stage_id_number")),
    )
    op.create_table(
        "group_guide",
        sa.Column("group_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_group_guide_account_id_account"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["group_id"],
            ["stage_group.id"],
            name=op.f("fk_group_guide_group_id_stage_group"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("group_id", "account_id", name=op.f("pk_group_guide")),
    )
    with op.batch_alter_table("group_guide", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_group_guide_account_id"), ["account_id"], unique=False)

    op.create_table(
        "membership",
        sa.Column("participant_id", sa.Integer(), nullable=False),
        sa.Column("stage_id", sa.Integer(), nullable=False),
        sa.Column("group_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["group_id", "stage_id"],
            ["stage_group.id", "stage_group.stage_id"],
            name=op.f("fk_membership_group_id_stage_id_stage_group"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["participant_id", "stage_id"],
            ["stage_entry.participant_id", "stage_entry.stage_id"],
            name=op.f("fk_membership_participant_id_stage_id_stage_entry"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("participant_id", "stage_id", name=op.f("pk_membership")),
    )
    with op.batch_alter_table("membership", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_membership_group_id"), ["group_id"], unique=False)

    op.create_table(
        "track",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("group_id", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("content_gz", sa.LargeBinary(), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("is_current", sa.Boolean(), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("uploaded_by_id", sa.Integer(), nullable=True),
        sa.Column("waiting_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("steps_done", sa.Integer(), nullable=False),
        sa.Column("problem", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["group_id"], ["stage_group.id"], name=op.f("fk_track_group_id_stage_group"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["uploaded_by_id"],
            ["account.id"],
            name=op.f("fk_track_uploaded_by_id_account"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_track")),
        sa.UniqueConstraint("group_id", "sha256", name=op.f("uq_track_group_id_sha256")),
    )
    with op.batch_alter_table("track", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_track_waiting_since"), ["waiting_since"], unique=False)
        batch_op.create_index(
            "uq_track_current",
            ["group_id"],
            unique=True,
            sqlite_where=sa.text("is_current"),
            postgresql_where=sa.text("is_current"),
        )

    op.create_table(
        "track_comparison",
        sa.Column("track_id", sa.Integer(), nullable=False),
        sa.Column("engine_version", sa.String(length=20), nullable=False),
        sa.Column("computed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("verdict", sa.String(length=20), nullable=False),
        sa.Column("planned_m", sa.Double(), nullable=False),
        sa.Column("walked_m", sa.Double(), nullable=False),
        sa.Column("off_route_count", sa.Integer(), nullable=False),
        sa.Column("max_offset_m", sa.Double(), nullable=True),
        sa.Column("start_late_s", sa.Double(), nullable=True),
        sa.Column("finish_late_s", sa.Double(), nullable=True),
        sa.Column("moving_s", sa.Double(), nullable=False),
        sa.Column("stop_count", sa.Integer(), nullable=False),
        sa.Column("ascent_m", sa.Double(), nullable=True),
        sa.Column("result", sa.JSON(), nullable=False),
        sa.Column("points_npz", sa.LargeBinary(), nullable=False),
        sa.Column("outline", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["track_id"], ["track.id"], name=op.f("fk_track_comparison_track_id_track"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("track_id", name=op.f("pk_track_comparison")),
    )


def downgrade() -> None:
    op.drop_table("track_comparison")
    with op.batch_alter_table("track", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_track_waiting_since"))
        batch_op.drop_index(
            "uq_track_current", sqlite_where=sa.text("is_current"), postgresql_where=sa.text("is_current")
        )

    op.drop_table("track")
    with op.batch_alter_table("membership", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_membership_group_id"))

    op.drop_table("membership")
    with op.batch_alter_table("group_guide", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_group_guide_account_id"))

    op.drop_table("group_guide")
    op.drop_table("stage_group")
    with op.batch_alter_table("stage_entry", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_stage_entry_stage_id_participant_id"))

    op.drop_table("stage_entry")
    op.drop_table("route_draft")
    op.drop_table("planned_route")
    op.drop_table("checkpoint")
    op.drop_table("stage")
    op.drop_table("quota")
    with op.batch_alter_table("participant", schema=None) as batch_op:
        batch_op.drop_index("ix_participant_list")
        batch_op.drop_index(batch_op.f("ix_participant_march_id_country"))
        batch_op.drop_index(batch_op.f("ix_participant_march_id_category"))

    op.drop_table("participant")
    with op.batch_alter_table("message", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_message_sent_at_next_attempt_at"))
        batch_op.drop_index(batch_op.f("ix_message_march_id"))

    op.drop_table("message")
    with op.batch_alter_table("audit_event", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_audit_event_subject_subject_id"))
        batch_op.drop_index(batch_op.f("ix_audit_event_march_id_at"))

    op.drop_table("audit_event")
    with op.batch_alter_table("appointment", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_appointment_march_id"))

    op.drop_table("appointment")
    op.drop_table("march")
    op.drop_table("account")
