"""Static files: kept for a year under the name of their release, found under any other."""

from pathlib import Path

from flask import Flask, url_for
from flask.testing import FlaskClient

from marchapp.assets import init_app, release_of


def test_the_address_names_the_release_and_may_be_kept_for_a_year(app: Flask, client: FlaskClient) -> None:
    with app.test_request_context():
        path = url_for("static", filename="css/theme.css")
    answer = client.get(path)
    assert answer.status_code == 200
    assert "max-age=31536000" in answer.headers["Cache-Control"]
    assert "immutable" in answer.headers["Cache-Control"]


def test_a_page_of_another_release_still_finds_its_files(client: FlaskClient) -> None:
    answer = client.get("/static/another/css/theme.css")
    assert answer.status_code == 200
    assert "no-cache" in answer.headers["Cache-Control"]
    assert client.get("/static/another/../../wsgi.py").status_code == 404


def test_the_release_changes_with_any_file_and_not_with_its_compressed_form(tmp_path: Path) -> None:
    (tmp_path / "js").mkdir()
    (tmp_path / "js" / "a.js").write_text("one")
    before = release_of(tmp_path)
    (tmp_path / "js" / "a.js.br").write_text("compressed")
    assert release_of(tmp_path) == before
    (tmp_path / "js" / "a.js").write_text("other")
    assert release_of(tmp_path) != before


def test_who_takes_brotli_gets_what_was_compressed_before(tmp_path: Path) -> None:
    (tmp_path / "a.js").write_text("one " * 1000)
    (tmp_path / "a.js.br").write_bytes(b"compressed")
    app = Flask(__name__, static_folder=None)
    init_app(app, tmp_path)
    with app.test_request_context():
        path = url_for("static", filename="a.js")
    answer = app.test_client().get(path, headers={"Accept-Encoding": "gzip, br"})
    assert (answer.headers["Content-Encoding"], answer.data) == ("br", b"compressed")
    assert "max-age=31536000" in answer.headers["Cache-Control"]
    assert app.test_client().get(path).data.startswith(b"one ")
