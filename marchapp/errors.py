"""What people see when something goes wrong: their own language, and what to do next."""

import logging
from contextlib import suppress
from sqlite3 import OperationalError as SqliteError

from flask import Flask, Response, current_app, g, render_template, request
from flask_babel import force_locale
from flask_babel import gettext as _
from flask_limiter import RateLimitExceeded
from flask_wtf.csrf import CSRFError
from redis.exceptions import RedisError
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionLeft
from werkzeug.exceptions import HTTPException, SecurityError, ServiceUnavailable

from marchapp.extensions import db, limiter
from marchapp.i18n import language_without_account
from marchapp.keys import WithoutKeys
from marchapp.limits import seconds_until
from marchapp.vault import UnreadableSecret

log = logging.getLogger(__name__)
EXPLAINED = (400, 403, 404, 405, 410, 413)
# What is down may come back; SQLite says in its own words that somebody else holds the database.
PASSING = (OperationalError, InterfaceError, NoConnectionLeft, RedisError, SqliteError)
TRY_AGAIN_AFTER_S = 30


def explain(error: HTTPException) -> tuple[str, int]:
    """Answer a refusal with the page that explains it."""
    return render_template(f"errors/{error.code}.html", error=error), error.code or 500


def explain_expired_form(error: CSRFError) -> tuple[str, int]:
    return render_template("errors/expired_form.html", error=error), 400


def explain_limit(error: RateLimitExceeded) -> tuple[str, int, dict[str, str]]:
    """Say when to try again, and keep what was typed, to be sent again with one press."""
    seconds = seconds_until(limiter.current_limit)
    typed = [] if request.files else [one for one in request.form.items(multi=True) if not _is_password(one)]
    page = render_template("errors/429.html", error=error, seconds=seconds, typed=typed)
    return page, 429, {"Retry-After": str(seconds), "Cache-Control": "no-store"}


def _is_password(field: tuple[str, str]) -> bool:
    return "password" in field[0]


def explain_other_host(_error: SecurityError) -> Response:
    """Answer who asked for another host, in words alone: of an address that is not ours no page is made."""
    address = current_app.config["SETTINGS"].base_url
    words = _("This site is found at %(address)s and under no other name.", address=address)
    return Response(words + "\n", 400, mimetype="text/plain")


def explain_failure(error: Exception) -> tuple[str, int]:
    """Answer a defect of ours with a reference that is also in the log."""
    reference, raised = g.get("request_id", ""), getattr(error, "original_exception", None) or error
    log.error("Failure %s at %s %s", reference, request.method, request.endpoint, exc_info=raised)
    db.session.rollback()
    with force_locale(language_without_account()):
        return render_template("errors/500.html", reference=reference), 500


def explain_pause(error: Exception) -> tuple[str, int, dict[str, str]]:
    """Answer that database or queue are down for the moment: nothing was stored, and trying again will do."""
    reference = g.get("request_id", "")
    first_line, *_values = str(getattr(error, "orig", error)).splitlines() or [""]
    log.error("Down %s at %s %s: %s", reference, request.method, request.endpoint, first_line)
    with suppress(*PASSING):
        db.session.rollback()
    with force_locale(language_without_account()):
        page = render_template("errors/503.html", reference=reference)
    return page, 503, {"Retry-After": str(TRY_AGAIN_AFTER_S)}


def explain_storm(error: ServiceUnavailable) -> tuple[str, int, dict[str, str]]:
    """Say to whom waits among many who sign in that a moment later it will do."""
    return render_template("errors/busy.html", error=error), 503, {"Retry-After": "10"}


def explain_missing_key(error: Exception) -> tuple[str, int]:
    """Say that what is encrypted cannot be read, and who can mend it."""
    log.error("%s %s needs a key that DATA_KEYS does not hold", request.method, request.endpoint)
    db.session.rollback()
    with force_locale(language_without_account()):
        return render_template("errors/keys.html"), 503


def _leave_to_explanation(_exc_info: object) -> None:
    """Let Flask not log by the address what `explain_failure` logs by the endpoint."""


def init_app(app: Flask) -> None:
    app.log_exception = _leave_to_explanation  # type: ignore[assignment,method-assign]
    for code in EXPLAINED:
        app.register_error_handler(code, explain)
    app.register_error_handler(RateLimitExceeded, explain_limit)
    app.register_error_handler(SecurityError, explain_other_host)
    app.register_error_handler(CSRFError, explain_expired_form)
    app.register_error_handler(ServiceUnavailable, explain_storm)
    for kind in PASSING:
        app.register_error_handler(kind, explain_pause)
    app.register_error_handler(UnreadableSecret, explain_missing_key)
    app.register_error_handler(WithoutKeys, explain_missing_key)
    app.register_error_handler(500, explain_failure)
