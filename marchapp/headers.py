"""What every answer tells the browser: what it may load, what it may keep, and what it may say elsewhere."""

from urllib.parse import urlsplit

from flask import Flask, Response, current_app, request, session

TWO_YEARS_S = 2 * 365 * 24 * 3600
# A phone's camera reads badges; nothing here asks where somebody is.
PERMISSIONS = "camera=(self), geolocation=(), microphone=(), payment=(), usb=(), browsing-topics=()"
OF_ALL = {
    "X-Content-Type-Options": "nosniff",
    "Permissions-Policy": PERMISSIONS,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
# The address of a private link is its secret: it is neither told to other sites, nor found by search engines,
# nor kept.
PRIVATE = {"Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex", "Cache-Control": "no-store"}


def add_headers(response: Response) -> Response:
    """Say it in headers; what a view has set itself stays."""
    has_secret = "token" in (request.view_args or {})
    is_personal = "_user_id" in session  # asked without the database, which may be what failed
    kept = {"Cache-Control": "no-store" if is_personal else "private, no-cache"}
    headers = OF_ALL | (PRIVATE if has_secret else kept | {"Referrer-Policy": "same-origin"})
    headers["Content-Security-Policy"] = _content_policy()
    if request.is_secure or current_app.config["SETTINGS"].production:
        headers["Strict-Transport-Security"] = f"max-age={TWO_YEARS_S}"
    if response.headers.get("Cache-Control") == "no-cache":  # which Flask says of any file
        del response.headers["Cache-Control"]
    for name, value in headers.items():
        response.headers.setdefault(name, value)
    if response.headers["Cache-Control"] == "private, no-cache" and not response.direct_passthrough:
        _send_only_what_changed(response)
    return response


def _send_only_what_changed(response: Response) -> None:
    """Let whoever looks again at a page that is the same for everybody spend a few bytes on it."""
    if request.method == "GET" and response.status_code == 200:
        response.add_etag(weak=True)
        response.make_conditional(request)


def add_static_headers(headers: dict[str, str], _path: str, _url: str) -> None:
    """Say of a file that is the same for everybody only what it is not."""
    headers["X-Content-Type-Options"] = "nosniff"


def _content_policy() -> str:
    """Allow a page nothing but what comes from here, and the tiles that a setting names."""
    return (
        f"default-src 'self'; img-src 'self' data:{_tile_host()}; object-src 'none'; base-uri 'none'; "
        "form-action 'self'; frame-ancestors 'none'"
    )


def _tile_host() -> str:
    """Return where tiles come from as one more source of images, nothing without a tile server."""
    tiles = urlsplit(current_app.config["SETTINGS"].tile_url.replace("{s}", "*"))
    return f" {tiles.scheme}://{tiles.netloc}" if tiles.netloc else ""


def init_app(app: Flask) -> None:
    app.after_request(add_headers)
