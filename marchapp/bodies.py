"""What the body of a request may be: a form, and JSON where a page of ours sends it."""

from flask import abort, request

TAKES_JSON = {"attendance.marks"}


def refuse_json_elsewhere() -> None:
    """Answer 400 to JSON at an address that reads a form: libraries would take it for fields."""
    if request.is_json and request.endpoint and request.endpoint not in TAKES_JSON:
        abort(400)
