"""Recordings that were sent when a new one replaced the old: all become recordings, and can be taken back."""

import gzip
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from flask_migrate import downgrade, upgrade
from sqlalchemy import MetaData, func, insert, select

from marchapp.app import create_app
from marchapp.extensions import db
from tests.test_migrations import empty_database

__all__ = ["empty_database"]  # a fixture of that module
SENT_AT = datetime(2014, 9, 18, 16, tzinfo=UTC)
STARTED_AT, FINISHED_AT = datetime(2014, 9, 18, 6, tzinfo=UTC), datetime(2014, 9, 18, 12, tzinfo=UTC)
OF_COMPARISON = {
    "started_at": "2014-09-18T06:00:00Z",
    "finished_at": "2014-09-18T12:00:00Z",
    "points_read": 640,
}
ANYTHING: dict[type, Any] = {
    date: date(2014, 9, 18),
    datetime: SENT_AT,
    int: 1,
    float: 1.0,
    bool: True,
    str: "",
    object: {},
    bytes: b"x",
}


def test_tracks_of_before_become_recordings_and_back(empty_database: str, tmp_path: Path) -> None:
    app = create_app({"DATABASE_URL": empty_database, "DATA_FOLDER": str(tmp_path)})
    with app.app_context():
        upgrade(revision="0001")
        for number, is_current in ((1, False), (2, True)):
            put("track", group_id=1, sha256=f"file {number}", is_current=is_current)
            put("track_comparison", track_id=number, result={"track": OF_COMPARISON})
        upgrade(revision="0002")
        recordings, tracks = rows("recording"), rows("track")
        assert [(one.id, one.sha256, one.is_used) for one in recordings] == [
            (1, "file 1", False),
            (2, "file 2", True),
        ]
        assert {(one.started_at.replace(tzinfo=UTC), one.points) for one in recordings} == {(STARTED_AT, 640)}
        assert {gzip.decompress(one.content_gz) for one in recordings} == {b"a recording"}
        assert [(track.id, track.group_id) for track in tracks] == [(2, 1)]
        assert len(rows("track_comparison")) == 1
        put("recording", sha256="file 3", group_id=1, is_used=False)  # an id is free for it

        downgrade(revision="0001")
        before = rows("track")
        assert {(one.sha256, one.is_current) for one in before} == {
            ("file 1", False),
            ("file 2", True),
            ("file 3", False),
        }
        assert [one.sha256 for one in before if one.waiting_since is None] == ["file 2"]
        assert [one.track_id for one in rows("track_comparison")] == [2]
        db.engine.dispose()


def test_going_back_leaves_the_newest_of_several_current_and_has_it_compared_again(
    empty_database: str, tmp_path: Path
) -> None:
    app = create_app({"DATABASE_URL": empty_database, "DATA_FOLDER": str(tmp_path)})
    with app.app_context():
        upgrade(revision="0002")
        put("track", group_id=1)
        put("track_comparison", track_id=1)
        for number in (1, 2):
            sent_at = SENT_AT + timedelta(hours=number)
            put("recording", group_id=1, sha256=f"file {number}", is_used=True, uploaded_at=sent_at)
        downgrade(revision="0001")
        before = rows("track")
        assert {(one.sha256, one.is_current) for one in before} == {("file 1", False), ("file 2", True)}
        assert all(one.waiting_since is not None for one in before)
        assert rows("track_comparison") == []
        db.engine.dispose()


def put(name: str, **given: object) -> None:
    """Add a row of a table as it is now, and what it points at; what is not given is something that fits."""
    tables = MetaData()
    with db.engine.begin() as connection:
        tables.reflect(connection)
        for parent in ("march", "stage", "stage_group"):
            if not connection.scalar(select(func.count()).select_from(tables.tables[parent])):
                of_stage = {"finishes_at": SENT_AT + timedelta(hours=1)} if parent == "stage" else {}
                of_march = {"signup_closes_at": SENT_AT + timedelta(hours=1)} if parent == "march" else {}
                connection.execute(
                    insert(tables.tables[parent]).values(whole(tables.tables[parent], **of_stage, **of_march))
                )
        connection.execute(insert(tables.tables[name]).values(whole(tables.tables[name], **given)))


def whole(table: Any, **given: object) -> dict[str, object]:
    values = {"content_gz": gzip.compress(b"a recording"), "other_stages": []} | given
    if table.name not in ("recording", "track"):
        values.setdefault("id", 1)
    return {
        column.name: values[column.name] if column.name in values else ANYTHING[column.type.python_type]
        for column in table.columns
        if column.name in values or not (column.nullable or column.primary_key)
    }


def rows(name: str) -> list[Any]:
    tables = MetaData()
    with db.engine.connect() as connection:
        tables.reflect(connection)
        table = tables.tables[name]
        return list(connection.execute(select(table).order_by(*table.primary_key)).all())
