"""How soon a long recording is drawn in a browser, alone and on its stage: `python -m bench.page`."""

import json
import logging
import shutil
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import select
from werkzeug.serving import make_server

from bench.speed import long_files
from marchapp.app import create_app
from marchapp.extensions import db
from marchapp.marches.routes import save_route
from marchapp.models import Track
from marchapp.tracks.services import save_recording
from tests.factories import make_cast

POINTS, ROUTE_POINTS = 72_000, 5_000
OPENED = 5
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")

# Seconds from the navigation until a canvas of the map holds a pixel that was drawn.
DRAWN = """() => {
  const canvases = [...document.querySelectorAll(".leaflet-track-pane canvas")];
  const isDrawn = (canvas) => canvas.width && canvas.getContext("2d")
    .getImageData(0, 0, canvas.width, canvas.height).data.some((value) => value > 0);
  return canvases.some(isDrawn) && performance.now() / 1000;
}"""


# The same until every track of the stage is drawn with all its points.
DRAWN_WHOLE = "() => document.getElementById('map')?.dataset.wholeLines && performance.now() / 1000"


def measure() -> Iterator[dict[str, object]]:
    """Yield the seconds from navigation to the drawn track, for a browser that has nothing in its cache.

    The map of the stage draws an outline first, and the whole line as soon as it is loaded.
    """
    if not CHROMIUM:
        print("bench.page needs Chromium: apt install chromium", file=sys.stderr)
        return
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # one line for each file would hide the result
    with tempfile.TemporaryDirectory() as folder:
        app = create_app({"DATA_FOLDER": folder, "DATABASE_URL": f"sqlite:///{Path(folder) / 'm.sqlite'}"})
        with app.app_context():
            upgrade()
            track, stage = _long_track()
        kb = {
            path: _kilobytes(app, path)
            for path in (f"{track}/map.json", f"{stage}/map.json", f"{track}/line.json")
        }
        with served(app) as address:
            yield _line("open the page of a comparison in a browser", _times(address + track)) | {
                "map_kb": kb[f"{track}/map.json"]
            }
            yield _line("open the tracks of a stage in a browser", _times(address + stage)) | {
                "map_kb": kb[f"{stage}/map.json"]
            }
            yield _line("draw the whole line there", _times(address + stage, DRAWN_WHOLE)) | {
                "line_kb": kb[f"{track}/line.json"]
            }


def _kilobytes(app: Flask, path: str) -> int:
    return round(len(app.test_client().get(path).data) / 1000)


def _times(url: str, is_drawn: str = DRAWN) -> list[float]:
    return sorted(_opened(url, is_drawn) for _time in range(OPENED))


def _line(what: str, seconds: list[float]) -> dict[str, object]:
    return {
        "what": what,
        "points": POINTS,
        "drawn_s": round(median(seconds), 2),
        "slowest_s": round(seconds[-1], 2),
        "most_allowed_s": 2.0,
    }


def _long_track() -> tuple[str, str]:
    """Keep a long recording on a march that shows it to all; return the pages of its track and its stage."""
    recording, route = long_files(POINTS, ROUTE_POINTS)
    cast, now = make_cast(db.session), datetime.now(UTC)
    cast.march.shows_comparisons = True
    cast.stage.finishes_at = cast.stage.starts_at + timedelta(hours=20)
    save_route(db.session, stage=cast.stage, content=route, by=None, now=now)
    save_recording(db.session, group=cast.group, content=recording, by=None, now=now)
    db.session.commit()
    track_id = db.session.scalars(select(Track.id)).one()
    return f"/tracks/{track_id}", f"/marches/{cast.march.slug}/stages/{cast.stage.number}/tracks"


@contextmanager
def served(app: Flask) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()


def _opened(url: str, is_drawn: str) -> float:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.goto(url, wait_until="commit")
        drawn_s = page.wait_for_function(is_drawn, polling="raf").json_value()
        browser.close()
    return float(drawn_s)


if __name__ == "__main__":
    for line in measure():
        print(json.dumps(line))
