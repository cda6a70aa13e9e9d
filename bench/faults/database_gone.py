"""PostgreSQL restarted, then gone for 30 s; SQLite held by somebody else for as long."""

import sqlite3
import time

from sqlalchemy import make_url

from bench.faults.scene import Scene

GONE_S = 30


def happen(scene: Scene) -> dict[str, object]:
    if scene.postgres is None:
        database = make_url(scene.environment["DATABASE_URL"]).database
        with sqlite3.connect(str(database), isolation_level=None, timeout=30) as holder:
            holder.execute("BEGIN EXCLUSIVE")
            time.sleep(GONE_S)
            holder.execute("ROLLBACK")
        return {"gone_s": GONE_S}
    scene.postgres.stop("fast")
    scene.postgres.start()
    time.sleep(5)
    scene.postgres.stop("immediate")
    time.sleep(GONE_S)
    scene.postgres.start()
    return {"gone_s": GONE_S}
