"""Pages and JSON are sent compressed, but not when another site made the browser ask for them.

The length of an answer tells what stands in it to whoever can have it asked for again and again, with guesses
in the address (BREACH): see docs/decisions/0022. Static files hold no secrets; WhiteNoise compresses them.
"""

from flask import Flask, Response, request
from flask_compress import Compress

# The reader followed a link of ours, or wrote the address.
OWN_WISH = {"same-origin", "none"}

compress = Compress()


def compress_for_own_pages(response: Response) -> Response:
    """Compress an answer to what the reader asked for here."""
    if request.headers.get("Sec-Fetch-Site") not in OWN_WISH:
        return response
    return compress.after_request(response)


def init_app(app: Flask) -> None:
    app.config.update(
        COMPRESS_REGISTER=False,
        COMPRESS_STREAMS=False,
        COMPRESS_ALGORITHM=["br", "zstd", "gzip"],
        COMPRESS_MIMETYPES=["text/html", "text/css", "text/javascript", "application/json", "image/svg+xml"],
    )
    compress.init_app(app)
    app.after_request(compress_for_own_pages)
