"""Static files at addresses that name the release they are of, so that browsers may keep them for a year.

The name is a hash of all of them together: a script that asks for a neighbour gets one of its own release.
"""

from hashlib import sha256
from pathlib import Path
from typing import Any

from flask import Flask, Response, send_from_directory
from whitenoise import WhiteNoise

from marchapp import headers

A_YEAR_S = 365 * 24 * 3600
COMPRESSED = {".br", ".gz"}  # beside the files themselves, made where the program is installed


def release_of(folder: Path) -> str:
    """Return a short name that changes with any of the files."""
    digest = sha256()
    for file in sorted(folder.rglob("*")):
        if file.is_file() and file.suffix not in COMPRESSED:
            digest.update(str(file.relative_to(folder)).encode() + b"\0" + sha256(file.read_bytes()).digest())
    return digest.hexdigest()[:12]


def init_app(app: Flask, folder: Path) -> None:
    """Serve a folder: this release to be kept, at the addresses of any other what is there now."""
    release = release_of(folder)

    def static(release: str, filename: str) -> Response:
        return send_from_directory(folder, filename, max_age=0)

    @app.url_defaults
    def name_release(endpoint: str, values: dict[str, Any]) -> None:
        if endpoint == "static":
            values.setdefault("release", release)

    app.add_url_rule("/static/<release>/<path:filename>", "static", static)
    app.wsgi_app = WhiteNoise(  # type: ignore[method-assign]
        app.wsgi_app,
        root=folder,
        prefix=f"static/{release}/",
        max_age=A_YEAR_S,
        immutable_file_test=lambda _path, _url: True,
        add_headers_function=headers.add_static_headers,
    )
