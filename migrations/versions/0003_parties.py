"""People sign up as parties, guardians consent, and places are counted by march and stage."""

# ruff: noqa: S608 (every name in these statements stands in this file)

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import sqlalchemy as sa
from alembic import op

from marchapp.models.names import columns_of_word, folded_words, search_words

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

CATEGORIES = ("schoolchild", "official", "border_guard", "walker")
NEW_COLUMNS = (
    "adult_age",
    "assent_age",
    "children_per_adult",
    "days_for_consent",
    "notarised_countries",
    "consents_checked_to",
)
INDEX_OF_MAILINGS = "ix_message_mailing_id_sent_at_failed_at"
COLUMNS_OF_MESSAGE = (
    ("party_id", "party"),
    ("participant_id", "participant"),
    ("link_id", "private_link"),
    ("mailing_id", "mailing"),
)
OPEN_AFTER_MARCH = timedelta(days=91)


def upgrade() -> None:
    _make_tables()
    _change_march()
    _change_message()
    _change_participant()
    _change_quota()
    _make_name_words()


def _make_tables() -> None:
    op.create_table(
        "consent_text",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("march_id", sa.Integer(), nullable=False),
        sa.Column(
            "purpose",
            sa.Enum(
                "taking_part",
                "border_crossing",
                "health_data",
                "emergency_treatment",
                "photographs",
                "gps_recording",
                name="purpose",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("text", sa.JSON(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("written_by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["march_id"], ["march.id"], name=op.f("fk_consent_text_march_id_march"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["written_by_id"],
            ["account.id"],
            name=op.f("fk_consent_text_written_by_id_account"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent_text")),
        sa.UniqueConstraint(
            "march_id", "purpose", "version", name=op.f("uq_consent_text_march_id_purpose_version")
        ),
    )
    op.create_table(
        "mailing",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("march_id", sa.Integer(), nullable=False),
        sa.Column("subject", sa.JSON(), nullable=False),
        sa.Column("text", sa.JSON(), nullable=False),
        sa.Column("selection", sa.JSON(), nullable=False),
        sa.Column("recipients", sa.Integer(), nullable=False),
        sa.Column("written", sa.Integer(), nullable=False),
        sa.Column("last_written_id", sa.Integer(), nullable=False),
        sa.Column("written_by_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["march_id"], ["march.id"], name=op.f("fk_mailing_march_id_march"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["written_by_id"],
            ["account.id"],
            name=op.f("fk_mailing_written_by_id_account"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mailing")),
    )
    with op.batch_alter_table("mailing", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_mailing_march_id"), ["march_id"], unique=False)

    op.create_table(
        "party",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("march_id", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "person",
                "family",
                "school_class",
                "unit",
                "delegation",
                name="partykind",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("name", sa.String(length=160), nullable=False),
        sa.Column("contact_name", sa.String(length=160), nullable=False),
        sa.Column("contact_email", sa.String(length=254), nullable=False),
        sa.Column("contact_phone", sa.String(length=30), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column(
            "when_full",
            sa.Enum("all", "fit", name="whenfull", native_enum=False, create_constraint=True, length=20),
            nullable=False,
        ),
        sa.Column("submission_key", sa.String(length=36), nullable=False),
        sa.Column("signed_up_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["march_id"], ["march.id"], name=op.f("fk_party_march_id_march"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_party")),
        sa.UniqueConstraint("march_id", "submission_key", name=op.f("uq_party_march_id_submission_key")),
    )
    with op.batch_alter_table("party", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_party_march_id_contact_email"), ["march_id", "contact_email"], unique=False
        )

    op.create_table(
        "consent_scan",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("participant_id", sa.Integer(), nullable=False),
        sa.Column("media_type", sa.String(length=40), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("uploaded_by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["participant_id"],
            ["participant.id"],
            name=op.f("fk_consent_scan_participant_id_participant"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["uploaded_by_id"],
            ["account.id"],
            name=op.f("fk_consent_scan_uploaded_by_id_account"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent_scan")),
    )
    with op.batch_alter_table("consent_scan", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_consent_scan_participant_id"), ["participant_id"], unique=False)

    op.create_table(
        "guardian",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("participant_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=160), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("phone", sa.String(length=30), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.CheckConstraint("position IN (1, 2)", name=op.f("ck_guardian_one_or_two")),
        sa.ForeignKeyConstraint(
            ["participant_id"],
            ["participant.id"],
            name=op.f("fk_guardian_participant_id_participant"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_guardian")),
        sa.UniqueConstraint("participant_id", "position", name=op.f("uq_guardian_participant_id_position")),
    )
    with op.batch_alter_table("guardian", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_guardian_email"), ["email"], unique=False)

    op.create_table(
        "notarised_consent",
        sa.Column("participant_id", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=False),
        sa.Column("states", sa.String(length=120), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("seen_by_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("valid_to >= valid_from", name=op.f("ck_notarised_consent_dates_in_order")),
        sa.ForeignKeyConstraint(
            ["participant_id"],
            ["participant.id"],
            name=op.f("fk_notarised_consent_participant_id_participant"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["seen_by_id"],
            ["account.id"],
            name=op.f("fk_notarised_consent_seen_by_id_account"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("participant_id", name=op.f("pk_notarised_consent")),
    )
    op.create_table(
        "travel_document",
        sa.Column("participant_id", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "passport",
                "visa",
                "border_permit",
                name="documentkind",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("number", sa.LargeBinary(), nullable=False),
        sa.Column("issued_by", sa.String(length=2), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["participant_id"],
            ["participant.id"],
            name=op.f("fk_travel_document_participant_id_participant"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("participant_id", "kind", name=op.f("pk_travel_document")),
    )
    op.create_table(
        "consent_answer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("participant_id", sa.Integer(), nullable=False),
        sa.Column("guardian_id", sa.Integer(), nullable=True),
        sa.Column("is_by_child", sa.Boolean(), nullable=False),
        sa.Column("text_id", sa.Integer(), nullable=False),
        sa.Column(
            "purpose",
            sa.Enum(
                "taking_part",
                "border_crossing",
                "health_data",
                "emergency_treatment",
                "photographs",
                "gps_recording",
                name="purpose",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column(
            "answer",
            sa.Enum(
                "given",
                "refused",
                "withdrawn",
                name="answer",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("typed_name", sa.String(length=160), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by_id", sa.Integer(), nullable=True),
        sa.Column("scan_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "NOT is_by_child OR guardian_id IS NULL", name=op.f("ck_consent_answer_one_giver")
        ),
        sa.ForeignKeyConstraint(
            ["guardian_id"],
            ["guardian.id"],
            name=op.f("fk_consent_answer_guardian_id_guardian"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["participant_id"],
            ["participant.id"],
            name=op.f("fk_consent_answer_participant_id_participant"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["recorded_by_id"],
            ["account.id"],
            name=op.f("fk_consent_answer_recorded_by_id_account"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["scan_id"],
            ["consent_scan.id"],
            name=op.f("fk_consent_answer_scan_id_consent_scan"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["text_id"],
            ["consent_text.id"],
            name=op.f("fk_consent_answer_text_id_consent_text"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent_answer")),
    )
    with op.batch_alter_table("consent_answer", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_consent_answer_participant_id_purpose"),
            ["participant_id", "purpose"],
            unique=False,
        )

    op.create_table(
        "consent_request",
        sa.Column("guardian_id", sa.Integer(), nullable=False),
        sa.Column("text_id", sa.Integer(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.ForeignKeyConstraint(
            ["guardian_id"],
            ["guardian.id"],
            name=op.f("fk_consent_request_guardian_id_guardian"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["text_id"],
            ["consent_text.id"],
            name=op.f("fk_consent_request_text_id_consent_text"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("guardian_id", "text_id", name=op.f("pk_consent_request")),
    )
    op.create_table(
        "private_link",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "party",
                "participant",
                "guardian",
                name="linkkind",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("party_id", sa.Integer(), nullable=True),
        sa.Column("participant_id", sa.Integer(), nullable=True),
        sa.Column("guardian_id", sa.Integer(), nullable=True),
        sa.Column("nonce", sa.String(length=80), nullable=False),
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(kind = 'party') = (party_id IS NOT NULL)"
            " AND (kind = 'participant') = (participant_id IS NOT NULL)"
            " AND (kind = 'guardian') = (guardian_id IS NOT NULL)",
            name=op.f("ck_private_link_one_owner"),
        ),
        sa.ForeignKeyConstraint(
            ["guardian_id"],
            ["guardian.id"],
            name=op.f("fk_private_link_guardian_id_guardian"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["participant_id"],
            ["participant.id"],
            name=op.f("fk_private_link_participant_id_participant"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["party_id"], ["party.id"], name=op.f("fk_private_link_party_id_party"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_private_link")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_private_link_secret_hash")),
    )
    with op.batch_alter_table("private_link", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_private_link_guardian_id"), ["guardian_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_private_link_participant_id"), ["participant_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_private_link_party_id"), ["party_id"], unique=False)


def _one_of(*values: str, name: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=20)


def _is_postgresql() -> bool:
    return op.get_bind().dialect.name == "postgresql"


def _go_on_counting(table: str) -> None:
    if _is_postgresql():
        op.execute(
            f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table} HAVING max(id) > 0"
        )


def _change_march() -> None:
    with op.batch_alter_table("march") as batch_op:
        batch_op.add_column(sa.Column("adult_age", sa.Integer(), nullable=False, server_default="18"))
        batch_op.add_column(sa.Column("assent_age", sa.Integer(), nullable=False, server_default="12"))
        batch_op.add_column(sa.Column("children_per_adult", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("days_for_consent", sa.Integer(), nullable=False, server_default="14"))
        batch_op.add_column(
            sa.Column("notarised_countries", sa.JSON(), nullable=False, server_default='["RU"]')
        )
        # The worker asks the guardians of those who signed up before, as far as their march is to come.
        batch_op.add_column(sa.Column("consents_checked_to", sa.Integer(), nullable=True, server_default="0"))


def _change_message() -> None:
    with op.batch_alter_table("message") as batch_op:
        batch_op.add_column(sa.Column("party_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("participant_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("link_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("mailing_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("failed_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("secret", sa.LargeBinary(), nullable=True))
        batch_op.add_column(sa.Column("only_once", sa.String(length=100), nullable=True))
        batch_op.add_column(sa.Column("calendar", sa.JSON(), nullable=False, server_default="{}"))
        for column, table in COLUMNS_OF_MESSAGE:
            batch_op.create_index(f"ix_message_{column}", [column])
            batch_op.create_foreign_key(
                f"fk_message_{column}_{table}", table, [column], ["id"], ondelete="SET NULL"
            )
        batch_op.create_unique_constraint("uq_message_only_once", ["only_once"])
        batch_op.create_index(INDEX_OF_MAILINGS, ["mailing_id", "sent_at", "failed_at"])


def _change_participant() -> None:
    """Make a party of each participant, of the same number, and move what now belongs elsewhere."""
    _add_party_of_each()
    with op.batch_alter_table("participant") as batch_op:
        batch_op.add_column(sa.Column("party_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("spoken_languages", sa.JSON(), nullable=False, server_default="[]"))
        batch_op.add_column(sa.Column("diet", sa.String(length=200), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("health_notes", sa.LargeBinary(), nullable=True))
        for name, value in (("has_health_notes", sa.false()), ("knows_first_aid", sa.false())):
            batch_op.add_column(sa.Column(name, sa.Boolean(), nullable=False, server_default=value))
        batch_op.add_column(
            sa.Column("standing", sa.String(length=20), nullable=False, server_default="placed")
        )
        batch_op.add_column(sa.Column("waiting_since", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("erasure_asked_at", sa.DateTime(timezone=True), nullable=True))
        for name in ("may_take_part", "may_cross_border"):
            batch_op.add_column(sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.true()))
        batch_op.add_column(sa.Column("place_held_until", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("consent_reminders", sa.Integer(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("left_groups_at", sa.DateTime(timezone=True), nullable=True))
    op.execute("UPDATE participant SET party_id = id")
    op.execute("UPDATE participant SET standing = 'cancelled' WHERE cancelled_at IS NOT NULL")
    _ask_for_consents_of_minors()
    with op.batch_alter_table("participant") as batch_op:
        batch_op.drop_constraint(op.f("ck_participant_category"), type_="check")
        for old in ("link_hash", "march_id_name_key_birth_date", "march_id_submission_key"):
            batch_op.drop_constraint(f"uq_participant_{old}", type_="unique")
        batch_op.drop_index("ix_participant_list")
        batch_op.drop_index("ix_participant_march_id_category")
        for old in ("guardian_name", "guardian_phone", "submission_key", "link_hash", "search_key"):
            batch_op.drop_column(old)
        batch_op.alter_column("party_id", existing_type=sa.Integer(), nullable=False)
        batch_op.create_foreign_key(
            "fk_participant_party_id_party", "party", ["party_id"], ["id"], ondelete="CASCADE"
        )
        _check(batch_op, "category", f"category IN {CATEGORIES}")
        _check(batch_op, "standing", "standing IN ('placed', 'waiting', 'cancelled')")
        _check(batch_op, "waits_since", "(standing = 'waiting') = (waiting_since IS NOT NULL)")
        _check(batch_op, "cancelled_when", "(standing = 'cancelled') = (cancelled_at IS NOT NULL)")
        batch_op.create_index("ix_participant_party_id", ["party_id"])
        batch_op.create_index(
            "ix_participant_counts", ["march_id", "standing", "category", "country", "birth_date"]
        )
        batch_op.create_index(
            "ix_participant_list",
            [
                "march_id",
                "family_name",
                "given_name",
                "standing",
                "category",
                "country",
                "birth_date",
                "registered_at",
                "language",
                "municipality",
                "party_id",
                "may_take_part",
                "knows_first_aid",
                "has_health_notes",
                "erasure_asked_at",
            ],
        )
    _index_where("ix_participant_line", ["march_id", "waiting_since"], "standing = 'waiting'")
    not_yet = "NOT may_take_part" if _is_postgresql() else "may_take_part = 0"
    _index_where("ix_participant_without_consent", ["march_id", "place_held_until"], not_yet)
    not_over = "may_take_part AND NOT may_cross_border"
    if not _is_postgresql():
        not_over = "may_take_part = 1 AND may_cross_border = 0"
    _index_where("ix_participant_may_not_cross", ["march_id"], not_over)
    _index_where("ix_participant_left_groups", ["march_id", "standing"], "left_groups_at IS NOT NULL")
    person = ["march_id", "name_key", "birth_date"]
    _index_where("uq_participant_person", person, "standing != 'cancelled'", unique=True)


def _make_name_words() -> None:
    word = sa.String(40).with_variant(sa.String(40, collation="C"), "postgresql")
    table = op.create_table(
        "name_word",
        sa.Column("participant_id", sa.Integer(), nullable=False),
        sa.Column("word", word, nullable=False),
        sa.Column("heard", word, nullable=False),
        sa.Column("backwards", word, nullable=False),
        sa.ForeignKeyConstraint(
            ["participant_id"],
            ["participant.id"],
            name=op.f("fk_name_word_participant_id_participant"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("participant_id", "word", name=op.f("pk_name_word")),
    )
    op.create_index(op.f("ix_name_word_word_participant_id"), "name_word", ["word", "participant_id"])
    op.create_index(op.f("ix_name_word_heard_participant_id"), "name_word", ["heard", "participant_id"])
    op.create_index(op.f("ix_name_word_backwards_heard"), "name_word", ["backwards", "heard"])
    people = op.get_bind().execute(
        sa.text("SELECT id, given_name, family_name, native_name, reference FROM participant")
    )
    words = [
        {"participant_id": id_} | columns_of_word(word)
        for id_, *texts in people
        for word in search_words(*texts)
    ]
    if words:
        op.get_bind().execute(sa.insert(table), words)


def _check(batch_op: object, name: str, condition: str) -> None:
    batch_op.create_check_constraint(op.f(f"ck_participant_{name}"), sa.text(condition))  # type: ignore[attr-defined]


def _index_where(name: str, columns: list[str], condition: str, *, unique: bool = False) -> None:
    where = sa.text(condition)
    op.create_index(name, "participant", columns, unique=unique, sqlite_where=where, postgresql_where=where)


def _add_party_of_each() -> None:
    """Add the party, the private link and the guardian that each participant had in its own columns."""
    op.execute(
        "INSERT INTO party (id, march_id, kind, name, contact_name, contact_email, contact_phone, language,"
        " when_full, submission_key, signed_up_at)"
        " SELECT id, march_id, 'person', '', given_name || ' ' || family_name, email, phone, language,"
        " 'all', submission_key, registered_at FROM participant"
    )
    op.execute(
        "INSERT INTO guardian (participant_id, position, name, email, phone, language)"
        " SELECT id, 1, guardian_name, email, guardian_phone, language FROM participant"
        " WHERE guardian_name != ''"
    )
    _go_on_counting("party")
    database = op.get_bind()
    rows = database.execute(
        sa.text(
            "SELECT participant.id, march_id, submission_key, link_hash, registered_at, ends_on"
            " FROM participant JOIN march ON march.id = march_id"
        ).columns(registered_at=sa.DateTime(timezone=True), ends_on=sa.Date())
    )
    links = [
        {
            "kind": "party",
            "party_id": row.id,
            "nonce": f"{row.march_id} {row.submission_key}",
            "secret_hash": row.link_hash,
            "created_at": row.registered_at,
            "expires_at": datetime(row.ends_on.year, row.ends_on.month, row.ends_on.day, tzinfo=UTC)
            + OPEN_AFTER_MARCH,
        }
        for row in rows
    ]
    if links:
        columns = ("kind", "party_id", "nonce", "secret_hash")
        moments = ("created_at", "expires_at")
        table = sa.table(
            "private_link",
            *(sa.column(name) for name in columns),
            *(sa.column(name, sa.DateTime(timezone=True)) for name in moments),
        )
        database.execute(sa.insert(table), links)


def _ask_for_consents_of_minors() -> None:
    """Note that the minors of before have no consent in the program yet."""
    op.execute(
        "UPDATE participant SET may_take_part = false, may_cross_border = false"
        " WHERE EXISTS (SELECT 1 FROM march WHERE march.id = participant.march_id AND "
        + (
            "participant.birth_date > march.starts_on - INTERVAL '18 years')"
            if _is_postgresql()
            else "participant.birth_date > date(march.starts_on, '-18 years'))"
        )
    )


def _change_quota() -> None:
    """Make the table anew, with the old rows as those of the categories and a row for what is counted now."""
    database = op.get_bind()
    rows = database.execute(sa.text("SELECT march_id, category, capacity, taken FROM quota")).mappings()
    quotas = [{"kind": "category", "stage_id": None, **row} for row in rows]
    op.drop_table("quota")
    op.create_table(
        "quota",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("march_id", sa.Integer(), nullable=False),
        sa.Column(
            "kind", _one_of("march", "category", "stage", "children", name="quotakind"), nullable=False
        ),
        sa.Column("category", _one_of(*CATEGORIES, name="category"), nullable=True),
        sa.Column("stage_id", sa.Integer(), nullable=True),
        sa.Column("capacity", sa.Integer(), nullable=True),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "taken >= 0 AND (capacity IS NULL OR taken <= capacity)", name=op.f("ck_quota_not_overbooked")
        ),
        sa.CheckConstraint(
            "(kind = 'category') = (category IS NOT NULL) AND (kind = 'stage') = (stage_id IS NOT NULL)",
            name=op.f("ck_quota_of_its_kind"),
        ),
        sa.ForeignKeyConstraint(
            ["march_id"], ["march.id"], name=op.f("fk_quota_march_id_march"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["stage_id"], ["stage.id"], name=op.f("fk_quota_stage_id_stage"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quota")),
        sa.UniqueConstraint("stage_id", name=op.f("uq_quota_stage_id")),
        sa.UniqueConstraint("march_id", "category", name=op.f("uq_quota_march_id_category")),
    )
    op.create_index(
        "uq_quota_of_march",
        "quota",
        ["march_id", "kind"],
        unique=True,
        sqlite_where=sa.text("kind IN ('march', 'children')"),
        postgresql_where=sa.text("kind IN ('march', 'children')"),
    )
    names = ("march_id", "kind", "category", "stage_id", "capacity", "taken")
    if quotas:
        database.execute(sa.insert(sa.table("quota", *map(sa.column, names))), quotas)
    into = "INSERT INTO quota (march_id, kind, category, stage_id, capacity, taken) "
    has_place = "FROM participant WHERE participant.march_id = march.id AND standing = 'placed'"
    op.execute(f"{into} SELECT id, 'march', NULL, NULL, NULL, (SELECT count(*) {has_place}) FROM march")
    op.execute(
        f"{into} SELECT id, 'children', NULL, NULL, NULL,"
        f" (SELECT count(*) {has_place} AND NOT may_take_part) FROM march"
    )
    op.execute(
        f"{into} SELECT march_id, 'stage', NULL, id, NULL, (SELECT count(*) FROM stage_entry"
        " JOIN participant ON participant.id = participant_id"
        " WHERE stage_id = stage.id AND standing = 'placed') FROM stage"
    )
    # A march of before has no place for walkers of its own until its coordinators say how many.
    for category in CATEGORIES:
        op.execute(
            f"{into} SELECT id, 'category', '{category}', NULL, 0, 0 FROM march WHERE NOT EXISTS"
            f" (SELECT 1 FROM quota WHERE quota.march_id = march.id AND category = '{category}')"
        )


def downgrade() -> None:
    """Go back to a person a sign-up. What the tables of before cannot hold is lost."""
    op.drop_table("name_word")
    _drop_who_had_no_place_before()
    _change_quota_back()
    _change_participant_back()
    with op.batch_alter_table("message") as batch_op:
        batch_op.drop_constraint("uq_message_only_once", type_="unique")
        batch_op.drop_index(INDEX_OF_MAILINGS)
        for column, table in COLUMNS_OF_MESSAGE:
            batch_op.drop_constraint(f"fk_message_{column}_{table}", type_="foreignkey")
            batch_op.drop_index(f"ix_message_{column}")
            batch_op.drop_column(column)
        batch_op.drop_column("failed_at")
        batch_op.drop_column("secret")
        batch_op.drop_column("only_once")
        batch_op.drop_column("calendar")
    with op.batch_alter_table("march") as batch_op:
        for name in NEW_COLUMNS:
            batch_op.drop_column(name)
    for table in (
        "private_link",
        "consent_request",
        "consent_answer",
        "travel_document",
        "notarised_consent",
        "guardian",
        "consent_scan",
        "party",
        "mailing",
        "consent_text",
    ):
        op.drop_table(table)


def _drop_who_had_no_place_before() -> None:
    who = (
        "SELECT id FROM participant WHERE standing = 'waiting' OR category = 'walker'"
        " OR (standing = 'cancelled' AND EXISTS (SELECT 1 FROM participant AS again"
        " WHERE again.march_id = participant.march_id"
        " AND again.name_key = participant.name_key AND again.birth_date = participant.birth_date"
        " AND again.id > participant.id))"
    )
    for table in ("membership", "stage_entry"):
        op.execute(f"DELETE FROM {table} WHERE participant_id IN ({who})")
    for table in ("consent_answer", "consent_scan", "travel_document", "notarised_consent"):
        op.execute(f"DELETE FROM {table}")
    op.execute(f"DELETE FROM private_link WHERE participant_id IN ({who}) OR guardian_id IS NOT NULL")
    op.execute("DELETE FROM consent_request")
    op.execute(f"DELETE FROM guardian WHERE participant_id IN ({who})")
    op.execute(f"UPDATE message SET participant_id = NULL WHERE participant_id IN ({who})")
    op.execute(f"DELETE FROM participant WHERE id IN ({who})")


def _change_participant_back() -> None:
    texts = (("guardian_name", 120), ("guardian_phone", 30))
    keys = (("submission_key", 36), ("link_hash", 64))
    with op.batch_alter_table("participant") as batch_op:
        for name, length in texts:
            batch_op.add_column(sa.Column(name, sa.String(length), nullable=False, server_default=""))
        for name, length in keys:
            batch_op.add_column(sa.Column(name, sa.String(length), nullable=True))
        batch_op.add_column(sa.Column("search_key", sa.String(400), nullable=False, server_default=""))
    first = "(SELECT {0} FROM guardian WHERE participant_id = participant.id AND position = 1)"
    for column, of_guardian in (("guardian_name", "name"), ("guardian_phone", "phone")):
        op.execute(f"UPDATE participant SET {column} = coalesce({first.format(of_guardian)}, '')")
    op.execute(
        "UPDATE participant SET email = (SELECT contact_email FROM party WHERE party.id = party_id)"
        " WHERE email = ''"
    )
    _give_keys_back()
    _give_search_keys_back()
    for index in (
        "uq_participant_person",
        "ix_participant_line",
        "ix_participant_without_consent",
        "ix_participant_may_not_cross",
        "ix_participant_left_groups",
    ):
        op.drop_index(index, "participant")
    with op.batch_alter_table("participant") as batch_op:
        for name in ("category", "standing", "waits_since", "cancelled_when"):
            batch_op.drop_constraint(op.f(f"ck_participant_{name}"), type_="check")
        batch_op.drop_constraint("fk_participant_party_id_party", type_="foreignkey")
        batch_op.drop_index("ix_participant_party_id")
        batch_op.drop_index("ix_participant_list")
        batch_op.drop_index("ix_participant_counts")
        batch_op.create_index("ix_participant_march_id_category", ["march_id", "category"])
        for name in (
            "party_id",
            "spoken_languages",
            "diet",
            "health_notes",
            "has_health_notes",
            "knows_first_aid",
            "standing",
            "waiting_since",
            "erasure_asked_at",
            "may_take_part",
            "may_cross_border",
            "place_held_until",
            "consent_reminders",
            "left_groups_at",
        ):
            batch_op.drop_column(name)
        for name, length in keys:
            batch_op.alter_column(name, existing_type=sa.String(length), nullable=False)
        batch_op.create_unique_constraint("uq_participant_link_hash", ["link_hash"])
        batch_op.create_unique_constraint(
            "uq_participant_march_id_name_key_birth_date", ["march_id", "name_key", "birth_date"]
        )
        batch_op.create_unique_constraint(
            "uq_participant_march_id_submission_key", ["march_id", "submission_key"]
        )
        _check(batch_op, "category", f"category IN {CATEGORIES[:3]}")
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
        )


def _give_keys_back() -> None:
    """Give the first of each party its key and link; the others get some that nobody has."""
    database = op.get_bind()
    rows = database.execute(
        sa.text(
            "SELECT participant.id, party.submission_key, min(secret_hash) AS link,"
            " participant.id = (SELECT min(id) FROM participant AS one"
            " WHERE one.party_id = party.id) AS leads"
            " FROM participant JOIN party ON party.id = participant.party_id"
            " LEFT JOIN private_link ON private_link.party_id = party.id"
            " GROUP BY participant.id, party.submission_key, party.id"
        ).columns(leads=sa.Boolean())
    ).all()
    # One statement a row would be slow, but only those who lead a party have anything to be kept.
    change = sa.text("UPDATE participant SET submission_key = :key, link_hash = :link WHERE id = :id")
    kept = [
        {
            "id": row.id,
            "key": row.submission_key if row.leads else str(uuid4()),
            "link": row.link if row.leads and row.link else uuid4().hex,
        }
        for row in rows
    ]
    if kept:
        database.execute(change, kept)


def _give_search_keys_back() -> None:
    database = op.get_bind()
    people = database.execute(
        sa.text("SELECT id, given_name, family_name, native_name, reference FROM participant")
    )
    keys = [
        {"id": id_, "key": "".join(f" {word}" for word in folded_words(" ".join(texts)))[:400]}
        for id_, *texts in people
    ]
    if keys:
        database.execute(sa.text("UPDATE participant SET search_key = :key WHERE id = :id"), keys)


def _change_quota_back() -> None:
    database = op.get_bind()
    rows = database.execute(
        sa.text(
            "SELECT march_id, category, capacity, taken FROM quota"
            " WHERE kind = 'category' AND category != 'walker'"
        )
    ).mappings()
    quotas = [dict(row) for row in rows]
    for row in quotas:
        row["capacity"] = 100_000 if row["capacity"] is None else row["capacity"]
    op.drop_table("quota")
    op.create_table(
        "quota",
        sa.Column("march_id", sa.Integer(), nullable=False),
        sa.Column("category", _one_of(*CATEGORIES[:3], name="category"), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.CheckConstraint("taken >= 0 AND taken <= capacity", name=op.f("ck_quota_not_overbooked")),
        sa.ForeignKeyConstraint(
            ["march_id"], ["march.id"], name=op.f("fk_quota_march_id_march"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("march_id", "category", name=op.f("pk_quota")),
    )
    if quotas:
        names = ("march_id", "category", "capacity", "taken")
        database.execute(sa.insert(sa.table("quota", *map(sa.column, names))), quotas)
