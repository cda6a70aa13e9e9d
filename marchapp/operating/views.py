"""Pages for machines that watch the program: is it there, can it serve, what does it count."""

import hmac
from datetime import UTC, datetime

from flask import Blueprint, Response, abort, current_app, request

from marchapp.config import Settings
from marchapp.extensions import db, limiter
from marchapp.operating import health, metrics

blueprint = Blueprint("operating", __name__)


@blueprint.get("/healthz")
@limiter.exempt
def healthz() -> dict[str, str]:
    """Say that this process answers; it asks nobody else."""
    return {"status": "ok"}


@blueprint.get("/readyz")
@limiter.exempt
def readyz() -> tuple[dict[str, object], int]:
    """Say whether this process can serve: 503 without database or queue.

    Late letters are told, but do not take the process out of service: the pages work.
    """
    needed = [health.database(db.session), health.tasks()]
    is_ready = all(found.is_well for found in needed)
    told = {found.thing: "ok" if found.is_well else "down" for found in needed}
    if is_ready:
        settings: Settings = current_app.config["SETTINGS"]
        are_late = not health.letters(db.session, settings, datetime.now(UTC)).is_well
        told["letters"] = "late" if are_late else "ok"
    return {"status": "ok" if is_ready else "not ready", **told}, 200 if is_ready else 503


@blueprint.get("/metrics")
@limiter.exempt
def show_metrics() -> Response:
    """Show all figures to who knows METRICS_TOKEN; without that setting there is no such page."""
    token = current_app.config["SETTINGS"].metrics_token
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not token:
        abort(404)
    if not hmac.compare_digest(given.encode(), token.encode()):
        abort(403)
    return Response(metrics.exposition(db.session), content_type=metrics.CONTENT_TYPE)
