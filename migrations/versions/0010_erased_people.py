"""People whose data are erased, letters that are erased once they are sent, and names with jo heard as ё."""

import sqlalchemy as sa
from alembic import op

from marchapp.models.names import columns_of_word

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

TO_BE_ERASED = sa.text("erasing IS NOT NULL AND erased_at IS NULL")


def upgrade() -> None:
    with op.batch_alter_table("participant") as participant:
        participant.add_column(sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True))
        participant.create_check_constraint(
            op.f("ck_participant_erased_for_good"), "erased_at IS NULL OR standing = 'cancelled'"
        )
    with op.batch_alter_table("message") as message:
        message.add_column(sa.Column("erasing", sa.String(length=20), nullable=True))
        message.add_column(sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True))
        message.create_check_constraint(op.f("ck_message_erasing"), "erasing IN ('words', 'all')")
    op.create_index(
        "ix_message_to_be_erased",
        "message",
        ["created_at"],
        sqlite_where=TO_BE_ERASED,
        postgresql_where=TO_BE_ERASED,
    )
    _hear_anew()


def _hear_anew() -> None:
    """Write down anew what is heard of names such as Pjotr."""
    connection = op.get_bind()
    words = sa.text("SELECT DISTINCT word FROM name_word WHERE word LIKE '%jo%'")
    change = sa.text("UPDATE name_word SET heard = :heard, backwards = :backwards WHERE word = :word")
    for word in connection.execute(words).scalars().all():
        connection.execute(change, columns_of_word(word))


def downgrade() -> None:
    op.drop_index("ix_message_to_be_erased", "message")
    with op.batch_alter_table("message") as message:
        message.drop_constraint(op.f("ck_message_erasing"), type_="check")
        message.drop_column("erased_at")
        message.drop_column("erasing")
    with op.batch_alter_table("participant") as participant:
        participant.drop_constraint(op.f("ck_participant_erased_for_good"), type_="check")
        participant.drop_column("erased_at")
