"""Settings are checked at start, and a wrong one is named in one line."""

from pathlib import Path

import pytest

from marchapp.app import create_app
from marchapp.config import UnreadableSetting, read_settings

A_KEY, ANOTHER = "A" * 43 + "=", "B" * 43 + "="
SAFE = {
    "PRODUCTION": "yes",
    "SECRET_KEY": "a" * 32,
    "DATA_KEYS": A_KEY,
    "BASE_URL": "https://march.example.org",
}


def test_nothing_needs_to_be_set(tmp_path: Path) -> None:
    settings = read_settings({}, project=tmp_path)
    assert settings.database_url == f"sqlite:///{tmp_path / 'instance' / 'march.sqlite'}"
    assert settings.upload_limit_mib == 64
    assert not settings.production


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("UPLOAD_LIMIT_MIB", "lots"),
        ("UPLOAD_LIMIT_MIB", "0"),
        ("MAIL_PORT", "99999"),
        ("MAIL_USE_TLS", "perhaps"),
        ("DATABASE_URL", "mysql://root@localhost/march"),
        ("REDIS_URL", "localhost:6379"),
        ("BASE_URL", "march.example.org"),
        ("PRODUCTION", "maybe"),
        ("DATA_KEYS", "short"),
        ("DATA_KEYS", f"{A_KEY},short"),
    ],
)
def test_an_unreadable_setting_is_named(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(UnreadableSetting, match=name):
        read_settings({name: value}, project=tmp_path)


def test_a_password_in_an_unreadable_database_address_is_not_repeated(tmp_path: Path) -> None:
    with pytest.raises(UnreadableSetting) as caught:
        read_settings({"DATABASE_URL": "mysql://root:hush@localhost/march"}, project=tmp_path)
    assert "hush" not in str(caught.value)


def test_keys_are_read_in_order_and_an_unreadable_one_is_not_repeated(tmp_path: Path) -> None:
    assert read_settings({"DATA_KEYS": f"{A_KEY}, {ANOTHER}"}, project=tmp_path).data_keys == (A_KEY, ANOTHER)
    with pytest.raises(UnreadableSetting) as caught:
        read_settings({"DATA_KEYS": "hush"}, project=tmp_path)
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize("prefix", ["postgres", "postgresql", "postgresql+psycopg"])
def test_postgresql_is_spoken_through_psycopg(tmp_path: Path, prefix: str) -> None:
    settings = read_settings({"DATABASE_URL": f"{prefix}://march@127.0.0.1/march"}, project=tmp_path)
    assert settings.database_url == "postgresql+psycopg://march@127.0.0.1/march"


def test_production_starts_with_safe_settings(tmp_path: Path) -> None:
    assert read_settings(SAFE, project=tmp_path).production


@pytest.mark.parametrize(
    "unsafe",
    [
        {"SECRET_KEY": ""},
        {"SECRET_KEY": "short"},
        {"DATA_KEYS": ""},
        {"BASE_URL": "http://march.example.org"},
        {"FLASK_DEBUG": "1"},
        {"FLASK_DEBUG": "True"},
        {"FLASK_DEBUG": "anything"},
    ],
)
def test_production_refuses_unsafe_settings(tmp_path: Path, unsafe: dict[str, str]) -> None:
    with pytest.raises(UnreadableSetting, match="PRODUCTION"):
        read_settings(SAFE | unsafe, project=tmp_path)


@pytest.mark.parametrize("off", ["", "0", "no", "False"])
def test_production_starts_where_debugging_is_off(tmp_path: Path, off: str) -> None:
    assert read_settings(SAFE | {"FLASK_DEBUG": off}, project=tmp_path).production


def test_an_application_that_debugs_is_made_at_a_desk_and_not_in_production(tmp_path: Path) -> None:
    desk = {"DATA_FOLDER": str(tmp_path)}
    assert create_app(desk, DEBUG=True).debug

    with pytest.raises(UnreadableSetting, match="PRODUCTION"):
        create_app(desk | SAFE, DEBUG=True)
