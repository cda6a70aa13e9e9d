"""What people see when something goes wrong: their own language, and what to do next."""

import logging
from contextlib import suppress

from flask import Flask, g, render_template, request
from flask_babel import force_locale
from flask_wtf.csrf import CSRFError
from redis.exceptions import RedisError
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionLeft
from werkzeug.exceptions import HTTPException

from marchapp.extensions import db
from marchapp.i18n import language_without_account
from marchapp.keys import WithoutKeys
from marchapp.vault import UnreadableSecret

log = logging.getLogger(__name__)
EXPLAINED = (400, 403, 404, 405, 410, 413, 429)
PASSING = (OperationalError, InterfaceError, NoConnectionLeft, RedisError)  # what is down may come back
TRY_AGAIN_AFTER_S = 30


def explain(error: HTTPException) -> tuple[str, int]:
    """Answer a refusal with the page that explains it."""
    return render_template(f"errors/{error.code}.html", error=error), error.code or 500


def explain_expired_form(error: CSRFError) -> tuple[str, int]:
    return render_template("errors/expired_form.html", error=error), 400


def explain_failure(error: Exception) -> tuple[str, int]:
    """Answer a defect of ours with a reference that is also in the log."""
    reference = g.get("request_id", "")
    log.exception("Failure %s at %s %s", reference, request.method, request.endpoint, exc_info=error)
    db.session.rollback()
    with force_locale(language_without_account()):
        return render_template("errors/500.html", reference=reference), 500


def explain_pause(error: Exception) -> tuple[str, int, dict[str, str]]:
    """Answer that database or queue are down for the moment: nothing was stored, and trying again will do."""
    reference = g.get("request_id", "")
    log.error(
        "Down %s at %s %s: %s", reference, request.method, request.endpoint, getattr(error, "orig", error)
    )
    with suppress(*PASSING):
        db.session.rollback()
    with force_locale(language_without_account()):
        page = render_template("errors/503.html", reference=reference)
    return page, 503, {"Retry-After": str(TRY_AGAIN_AFTER_S)}


def explain_missing_key(error: Exception) -> tuple[str, int]:
    """Say that what is encrypted cannot be read, and who can mend it."""
    log.error("%s %s needs a key that DATA_KEYS does not hold", request.method, request.endpoint)
    db.session.rollback()
    with force_locale(language_without_account()):
        return render_template("errors/keys.html"), 503


def init_app(app: Flask) -> None:
    for code in EXPLAINED:
        app.register_error_handler(code, explain)
    app.register_error_handler(CSRFError, explain_expired_form)
    for kind in PASSING:
        app.register_error_handler(kind, explain_pause)
    app.register_error_handler(UnreadableSecret, explain_missing_key)
    app.register_error_handler(WithoutKeys, explain_missing_key)
    app.register_error_handler(500, explain_failure)
