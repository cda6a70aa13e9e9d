"""Settings: read once from the environment, checked at start, each with a safe default."""

from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

from cryptography.fernet import Fernet

DEVELOPMENT_SECRET = "for development only, never in production"  # noqa: S105
DEVELOPMENT_DATA_KEY = urlsafe_b64encode(sha256(DEVELOPMENT_SECRET.encode()).digest()).decode()
MEBIBYTE = 1024 * 1024


class UnreadableSetting(ValueError):
    """A setting that cannot be used, said in one line."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Every setting of the program; `.env.example` describes them for operators.

    `mail_server` empty means that no mail leaves the machine: messages stay in the outbox, where
    coordinators can read them. `tile_url` empty means that maps use only the built-in base map.
    """

    production: bool
    secret_key: str
    data_keys: tuple[str, ...]
    database_url: str
    redis_url: str
    data_folder: Path
    base_url: str
    upload_limit_mib: int
    mail_server: str
    mail_port: int
    mail_username: str
    mail_password: str
    mail_use_tls: bool
    mail_sender: str
    tile_url: str
    tile_attribution: str
    trusted_proxies: int
    database_pool: int
    replica_url: str
    backup_folder: Path | None
    backups_kept: int
    json_logs: bool
    metrics_token: str
    health_notes_minutes: int
    second_step_for_coordinators: bool


def read_settings(environment: Mapping[str, str], *, project: Path) -> Settings:
    """Check the environment and return the settings.

    Raises UnreadableSetting with the name of the variable, what is wrong and what to write.
    """
    read = _Reader(environment)
    data_folder = Path(read.text("DATA_FOLDER", str(project / "instance")))
    production = read.flag("PRODUCTION", default=False)
    settings = Settings(
        production=production,
        secret_key=read.text("SECRET_KEY", DEVELOPMENT_SECRET),
        data_keys=read.keys("DATA_KEYS", DEVELOPMENT_DATA_KEY),
        database_url=read.database("DATABASE_URL", f"sqlite:///{data_folder / 'march.sqlite'}"),
        redis_url=read.url("REDIS_URL", "", schemes=("redis", "rediss", "unix")),
        data_folder=data_folder,
        base_url=read.url("BASE_URL", "http://127.0.0.1:8000", schemes=("http", "https")).rstrip("/"),
        upload_limit_mib=read.number("UPLOAD_LIMIT_MIB", 64, least=1, most=1024),
        mail_server=read.text("MAIL_SERVER", ""),
        mail_port=read.number("MAIL_PORT", 25, least=1, most=65535),
        mail_username=read.text("MAIL_USERNAME", ""),
        mail_password=read.text("MAIL_PASSWORD", ""),
        mail_use_tls=read.flag("MAIL_USE_TLS", default=False),
        mail_sender=read.text("MAIL_SENDER", "march@example.org"),
        tile_url=read.url("TILE_URL", "", schemes=("http", "https")),
        tile_attribution=read.text("TILE_ATTRIBUTION", ""),
        trusted_proxies=read.number("TRUSTED_PROXIES", 0, least=0, most=5),
        database_pool=read.number("DATABASE_POOL", 5, least=1, most=200),
        replica_url=read.database("DATABASE_REPLICA_URL", ""),
        backup_folder=read.folder("BACKUP_FOLDER"),
        backups_kept=read.number("BACKUPS_KEPT", 14, least=1, most=1000),
        json_logs=read.flag("JSON_LOGS", default=False),
        metrics_token=read.text("METRICS_TOKEN", ""),
        health_notes_minutes=read.number("HEALTH_NOTES_MINUTES", 15, least=1, most=240),
        second_step_for_coordinators=read.flag("SECOND_STEP_FOR_COORDINATORS", default=production),
    )
    _refuse_unsafe_production(settings)
    # What Flask itself takes for yes is anything but no.
    if read.text("FLASK_DEBUG", "no").lower() not in {"0", "no", "false"}:
        refuse_debugging(settings)
    return settings


def refuse_debugging(settings: Settings) -> None:
    """Raise UnreadableSetting in production: pages of a debugger run code, and show what people wrote."""
    if settings.production:
        raise UnreadableSetting("PRODUCTION and debugging exclude each other: leave FLASK_DEBUG empty.")


def _refuse_unsafe_production(settings: Settings) -> None:
    if not settings.production:
        return
    if settings.secret_key == DEVELOPMENT_SECRET or len(settings.secret_key) < 32:
        raise UnreadableSetting("PRODUCTION needs a SECRET_KEY of its own with at least 32 characters.")
    if DEVELOPMENT_DATA_KEY in settings.data_keys:
        raise UnreadableSetting("PRODUCTION needs DATA_KEYS of its own; .env.example says how to make one.")
    if not settings.base_url.startswith("https://"):
        raise UnreadableSetting("PRODUCTION needs a BASE_URL that starts with https://.")


class _Reader:
    """Reads variables of the environment, naming the variable in every complaint."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.environment = environment

    def text(self, name: str, default: str) -> str:
        return self.environment.get(name, "").strip() or default

    def flag(self, name: str, *, default: bool) -> bool:
        value = self.text(name, "yes" if default else "no").lower()
        if value in {"1", "yes", "true", "on"}:
            return True
        if value in {"0", "no", "false", "off"}:
            return False
        raise UnreadableSetting(f"{name} is “{value}”. Write yes or no.")

    def number(self, name: str, default: int, *, least: int, most: int) -> int:
        value = self.text(name, str(default))
        if not value.isdecimal() or not least <= int(value) <= most:
            raise UnreadableSetting(f"{name} is “{value}”. Write a whole number from {least} to {most}.")
        return int(value)

    def keys(self, name: str, default: str) -> tuple[str, ...]:
        """Read keys of 32 bytes in URL-safe base 64, the one to write with first."""
        keys = tuple(key.strip() for key in self.text(name, default).split(","))
        for key in keys:
            try:
                Fernet(key)
            except ValueError as error:
                # The value is a secret, so it is not repeated here.
                raise UnreadableSetting(f"{name} holds a key that .env.example does not describe.") from error
        return keys

    def url(self, name: str, default: str, *, schemes: tuple[str, ...]) -> str:
        value = self.text(name, default)
        if value and urlsplit(value).scheme not in schemes:
            starts = " or ".join(f"{scheme}://" for scheme in schemes)
            raise UnreadableSetting(f"{name} is “{value}”. Write an address that starts with {starts}.")
        return value

    def folder(self, name: str) -> Path | None:
        value = self.text(name, "")
        if value and not Path(value).is_dir():
            raise UnreadableSetting(
                f"{name} is “{value}”, where there is no folder. Make it, or leave this empty."
            )
        return Path(value) if value else None

    def database(self, name: str, default: str) -> str:
        value = self.text(name, default)
        if not value or value.startswith("sqlite:///"):
            return value
        scheme, separator, rest = value.partition("://")
        if separator and scheme in {"postgres", "postgresql", "postgresql+psycopg"}:
            return f"postgresql+psycopg://{rest}"
        # The value may hold a password, so it is not repeated here.
        raise UnreadableSetting(f"{name} must start with sqlite:/// or postgresql://.")
