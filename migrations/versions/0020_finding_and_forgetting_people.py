"""People found by where they belong: words of school, class, unit and party; and forgotten in manifests."""

import sqlalchemy as sa
from alembic import op

from marchapp.models.names import columns_of_word, words_of_belonging

revision = "0020"
down_revision = "0014"
branch_labels = None
depends_on = None

PEOPLE_AT_ONCE = 1_000


def upgrade() -> None:
    with op.batch_alter_table("name_word") as words:
        words.add_column(sa.Column("of_person", sa.Boolean(), server_default=sa.true(), nullable=False))
        words.drop_constraint("pk_name_word", type_="primary")
        words.create_primary_key("pk_name_word", ["participant_id", "of_person", "word"])
    _index_anew("word", "participant_id", also="of_person")
    _index_anew("heard", "participant_id", also="of_person")
    _add_words()
    with op.batch_alter_table("manifest_version") as version:
        version.add_column(sa.Column("erasures_due", sa.Integer(), server_default="1", nullable=False))
    is_due = sa.text("erasures_due > 0")
    op.create_index(
        "ix_manifest_version_erasures_due",
        "manifest_version",
        ["stage_id"],
        sqlite_where=is_due,
        postgresql_where=is_due,
    )


def _index_anew(*columns: str, also: str) -> None:
    name = f"ix_name_word_{'_'.join(columns)}"
    op.drop_index(name, "name_word")
    op.create_index(f"{name}_{also}", "name_word", [*columns, also])


def _add_words() -> None:
    connection = op.get_bind()
    table = sa.table(
        "name_word",
        *(sa.column(name) for name in ("participant_id", "of_person", "word", "heard", "backwards")),
    )
    people = connection.execute(
        sa.text(
            "SELECT participant.id, school, school_class, body, service, unit, party.name"
            " FROM participant JOIN party ON party.id = participant.party_id"
        )
    ).all()
    for start in range(0, len(people), PEOPLE_AT_ONCE):
        rows = [
            {"participant_id": id_, "of_person": False} | columns_of_word(word)
            for id_, *texts in people[start : start + PEOPLE_AT_ONCE]
            for word in words_of_belonging(*texts)
        ]
        if rows:
            connection.execute(sa.insert(table), rows)


def downgrade() -> None:
    op.drop_index("ix_manifest_version_erasures_due", "manifest_version")
    with op.batch_alter_table("manifest_version") as version:
        version.drop_column("erasures_due")
    op.execute(sa.text("DELETE FROM name_word WHERE NOT of_person"))
    for column in ("word", "heard"):
        op.drop_index(f"ix_name_word_{column}_participant_id_of_person", "name_word")
        op.create_index(f"ix_name_word_{column}_participant_id", "name_word", [column, "participant_id"])
    with op.batch_alter_table("name_word") as words:
        words.drop_constraint("pk_name_word", type_="primary")
        words.create_primary_key("pk_name_word", ["participant_id", "word"])
        words.drop_column("of_person")
