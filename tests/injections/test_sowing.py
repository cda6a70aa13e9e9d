"""What is tried here is tried with every text: a new column needs its place in one of the lists."""

from tests.injections.sowing import OTHERS, TYPED, columns_with_text


def test_every_column_with_text_is_sown_or_said_not_to_be_written_by_people() -> None:
    listed = [(table, name) for table, names in TYPED.items() for name in names]
    listed += [(table, name) for table, names in OTHERS.items() for name in names.split()]

    assert sorted(listed) == sorted((column.table.name, column.name) for column in columns_with_text())
