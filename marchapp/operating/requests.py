"""Around every request: its id, how long it took, what it answered."""

import logging
import re
from time import perf_counter
from uuid import uuid4

from flask import Flask, Response, current_app, g, request

from marchapp.config import Settings
from marchapp.operating import metrics

log = logging.getLogger("march.requests")

FROM_A_PROXY = re.compile(r"[A-Za-z0-9._-]{8,64}")
UNCOUNTED = {"static", "operating.healthz", "operating.readyz", "operating.show_metrics"}


def begin() -> None:
    """Give the request an id, which its log lines and its error page show: a trusted proxy's, or our own."""
    settings: Settings = current_app.config["SETTINGS"]
    given = request.headers.get("X-Request-ID", "") if settings.trusted_proxies else ""
    g.request_id = given if FROM_A_PROXY.fullmatch(given) else uuid4().hex[:16]
    g.began_at = perf_counter()


def end(response: Response) -> Response:
    """Count and log the request by its endpoint: addresses hold the secrets of private links."""
    if "request_id" not in g:  # somebody before us refused it
        begin()
    response.headers["X-Request-ID"] = g.request_id
    if request.endpoint in UNCOUNTED:
        return response
    took_s = perf_counter() - g.began_at
    endpoint, method, status = request.endpoint or "none", request.method, response.status_code
    metrics.requests.labels(endpoint, method, str(status)).observe(took_s)
    told = {"endpoint": endpoint, "method": method, "status": status, "took_ms": round(took_s * 1000, 1)}
    log.info("request", extra=told)
    return response


def init_app(app: Flask) -> None:
    app.before_request(begin)
    app.after_request(end)
    metrics.count_jobs()
