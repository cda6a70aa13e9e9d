"""Log lines as JSON, one event a line, each with the id of the request that it was written in."""

import logging

from flask import Flask, g, has_request_context
from pythonjsonlogger.json import JsonFormatter

FIELDS = ("asctime", "levelname", "name", "message", "request_id")
NAMES = {"asctime": "time", "levelname": "level"}


class OfRequest(logging.Filter):
    """Adds to each line the id of its request."""

    def filter(self, line: logging.LogRecord) -> bool:
        line.request_id = g.get("request_id") if has_request_context() else None
        return True


def init_app(app: Flask) -> None:
    """Write every line of this process as JSON to standard error, where the settings ask for it."""
    if not app.config["SETTINGS"].json_logs:
        return
    handler = logging.StreamHandler()
    handler.addFilter(OfRequest())
    handler.setFormatter(JsonFormatter(FIELDS, rename_fields=NAMES))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    logging.getLogger("alembic").setLevel(logging.WARNING)
