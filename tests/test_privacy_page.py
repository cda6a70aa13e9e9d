"""docs/privacy.md names what is encrypted, and how long each kind of data is kept."""

import re
from pathlib import Path

import pytest

from marchapp.extensions import db
from marchapp.models.encrypted import EncryptedBytes, EncryptedText
from marchapp.models.retention import DEFAULT_DAYS, Kept

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs" / "privacy.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", list(Kept))
def test_the_page_says_how_many_days_each_kind_is_kept(kind: Kept) -> None:
    assert f"{DEFAULT_DAYS[kind]} days (`{kind}`)" in PAGE


def test_the_page_names_each_column_that_is_encrypted_and_no_other() -> None:
    sealed = {
        f"{table.name}.{column.name}"
        for table in db.metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, (EncryptedText, EncryptedBytes))
    }
    assert set(re.findall(r"^- `(\w+\.\w+)`", PAGE, re.MULTILINE)) == sealed


def test_the_front_page_leads_there() -> None:
    assert "docs/privacy.md" in (ROOT / "README.md").read_text(encoding="utf-8")
