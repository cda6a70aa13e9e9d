"""A program that says how much it was sent, served with gunicorn.conf.py."""

from collections.abc import Callable, Iterable
from typing import Any

from marchapp.operating import clients

clients.HEAD_S = 1.0  # else the tests would take as long as people may


def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    length = int(environ.get("CONTENT_LENGTH") or 0)
    is_refused = length > 2**20
    body = b"" if is_refused else environ["wsgi.input"].read()
    said = str(len(body)).encode()
    headers = [("Content-Type", "text/plain"), ("Content-Length", str(len(said)))]
    start_response("413 Too Large" if is_refused else "200 OK", headers)
    return [said]
