"""Put the application together: settings, libraries, features, commands."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from dotenv import load_dotenv
from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import IntegerConverter, Map

from marchapp import assets, cli, compression, errors, headers, i18n
from marchapp.accounts import security as accounts_security
from marchapp.accounts import views as accounts
from marchapp.attendance import views as attendance
from marchapp.attendance.taking_over import Moving
from marchapp.audit import views as audit
from marchapp.bodies import refuse_json_elsewhere
from marchapp.border import views as border
from marchapp.config import MEBIBYTE, Settings, UnreadableSetting, read_settings, refuse_debugging
from marchapp.counts import OwnCounts
from marchapp.extensions import (
    PATIENCE_S,
    REPLICA,
    babel,
    csrf,
    db,
    limiter,
    mail,
    migrate,
    queue,
    tune,
    vault,
)
from marchapp.files import views as files
from marchapp.health import views as health
from marchapp.keys import refuse_to_write_with_wrong_keys
from marchapp.mail import views as mail_views
from marchapp.mail import worker as _mail_worker  # noqa: F401 - declares its tasks
from marchapp.marches import views as marches
from marchapp.models.retention import Kept
from marchapp.operating import logs, requests
from marchapp.operating import nightly as _nightly  # noqa: F401 - declares a task
from marchapp.operating import views as operating
from marchapp.printing import views as printing
from marchapp.registration import forgetting
from marchapp.registration import views as registration
from marchapp.retention import views as retention
from marchapp.retention import worker as retention_worker
from marchapp.rosters import views as rosters
from marchapp.rosters.moves import MoveRefused
from marchapp.rosters.on_the_way import move_on_the_way
from marchapp.rosters.words import why_not_moved
from marchapp.tracks import forgetting as forgetting_tracks
from marchapp.tracks import views as tracks

REDIS_PATIENCE = {"socket_connect_timeout": 1, "socket_timeout": 1}
PROJECT = Path(__file__).resolve().parent.parent
FEATURES = (
    marches,
    registration,
    rosters,
    attendance,
    tracks,
    accounts,
    mail_views,
    files,
    printing,
    border,
    operating,
    audit,
    health,
    retention,
)


class RowNumber(IntegerConverter):
    """A number in an address, no larger than a column of the database can hold."""

    def __init__(self, url_map: Map) -> None:
        super().__init__(url_map, max=2**31 - 1)


def create_app(environment: Mapping[str, str] | None = None, **overrides: Any) -> Flask:
    """Return the application for an environment, by default the process's own and `.env`.

    `overrides` are entries of Flask's own configuration, for tests. Raises UnreadableSetting.
    """
    if environment is None:
        load_dotenv(PROJECT / ".env")
        environment = os.environ
    settings = read_settings(environment, project=PROJECT)
    app = Flask(__name__, template_folder=PROJECT / "templates", static_folder=None)
    app.config.update(_flask_config(settings), **overrides)
    if app.debug:
        refuse_debugging(settings)
    _make_folder(settings)
    logs.init_app(app)
    _init_extensions(app, settings)
    requests.init_app(app)
    app.before_request(refuse_json_elsewhere)
    app.url_map.converters["int"] = RowNumber
    for feature in FEATURES:
        app.register_blueprint(feature.blueprint)
    app.extensions[attendance.MOVING] = Moving(move_on_the_way, MoveRefused, why_not_moved)
    app.extensions[retention_worker.REMOVERS] = forgetting.REMOVING | {
        Kept.RECORDINGS: forgetting_tracks.RECORDINGS
    }
    for part in (compression, i18n, errors, cli, headers):  # what was named first has the last word
        part.init_app(app)
    app.before_request(refuse_to_write_with_wrong_keys)
    _wrap(app, settings)
    return app


def _make_folder(settings: Settings) -> None:
    try:
        settings.data_folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        words = f"DATA_FOLDER is “{settings.data_folder}”, which cannot be made: {error.strerror}."
        raise UnreadableSetting(words) from error


def _flask_config(settings: Settings) -> dict[str, Any]:
    prefix = "__Host-" if settings.production else ""
    return {
        "SETTINGS": settings,
        "SECRET_KEY": settings.secret_key,
        "SECURITY_PASSWORD_SALT": settings.secret_key,
        "SQLALCHEMY_DATABASE_URI": settings.database_url,
        "SQLALCHEMY_ENGINE_OPTIONS": _engine_options(settings),
        "SQLALCHEMY_BINDS": {REPLICA: settings.replica_url} if settings.replica_url else {},
        "TRUSTED_HOSTS": _own_hosts(settings),
        "MAX_CONTENT_LENGTH": (settings.upload_limit_mib + 1) * MEBIBYTE,
        "MAX_FORM_MEMORY_SIZE": 2 * MEBIBYTE,
        # With this prefix browsers take the cookie over TLS only, and from no other host of the domain.
        "SESSION_COOKIE_NAME": f"{prefix}session",
        "LANGUAGE_COOKIE_NAME": f"{prefix}language",
        "REMEMBER_COOKIE_NAME": f"{prefix}remember",
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": settings.production,
        "REMEMBER_COOKIE_SECURE": settings.production,
        "REMEMBER_COOKIE_HTTPONLY": True,
        "REMEMBER_COOKIE_SAMESITE": "Lax",
        "WTF_CSRF_TIME_LIMIT": None,
        # Pages behind private links send no referrer, which this check would demand beside the token.
        "WTF_CSRF_SSL_STRICT": False,
        "MAIL_SERVER": settings.mail_server,
        "MAIL_PORT": settings.mail_port,
        "MAIL_USERNAME": settings.mail_username or None,
        "MAIL_PASSWORD": settings.mail_password or None,
        "MAIL_USE_TLS": settings.mail_use_tls,
        "MAIL_DEFAULT_SENDER": settings.mail_sender,
        "MAIL_TIMEOUT": 20,
        "RATELIMIT_STORAGE_URI": settings.redis_url or OwnCounts.URI,
        # A Redis that does not answer keeps nobody waiting: see extensions.limiter.
        "RATELIMIT_STORAGE_OPTIONS": REDIS_PATIENCE if settings.redis_url else {},
    }


def _engine_options(settings: Settings) -> dict[str, Any]:
    """Keep as many connections as the setting says.

    What the database refuses is told without the values that it refused.
    """
    options = {"hide_parameters": True}
    if settings.database_url.startswith("sqlite"):
        return options
    return options | {"pool_size": settings.database_pool, "max_overflow": 0, "pool_timeout": PATIENCE_S}


def _own_hosts(settings: Settings) -> list[str] | None:
    """Return the hosts that production answers to: its own, and this machine for checks of health."""
    own = urlsplit(settings.base_url).hostname or ""
    return [own, "127.0.0.1", "localhost"] if settings.production else None


def _init_extensions(app: Flask, settings: Settings) -> None:
    vault.open(data_keys=settings.data_keys, signing_key=settings.secret_key)
    db.init_app(app)
    migrate.init_app(app, db, directory=str(PROJECT / "migrations"), render_as_batch=True)
    babel.init_app(app, locale_selector=i18n.choose_language)
    csrf.init_app(app)
    limiter.init_app(app)
    mail.init_app(app)
    queue.init_app(app, redis_url=settings.redis_url, file=settings.data_folder / "queue.sqlite")
    accounts_security.init_app(app)
    with app.app_context():
        for engine in db.engines.values():
            tune(engine)


def _wrap(app: Flask, settings: Settings) -> None:
    assets.init_app(app, PROJECT / "static")
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
