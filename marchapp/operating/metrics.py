"""What Prometheus reads: requests and jobs as they were, and how much waits at this moment."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from time import perf_counter
from typing import Any

from huey.signals import SIGNAL_COMPLETE, SIGNAL_ERROR, SIGNAL_EXECUTING, SIGNAL_INTERRUPTED
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Histogram,
    generate_latest,
    start_http_server,
)
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from marchapp.extensions import queue
from marchapp.models import FileState, March, Message, PreparedFile, Quota, QuotaKind, Track
from marchapp.operating import health

CONTENT_TYPE = CONTENT_TYPE_LATEST
SHARED_FOLDER = "PROMETHEUS_MULTIPROC_DIR"  # where the processes of one machine add their figures up
UP_TO_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)

# Pages are told by endpoint, never by address: addresses hold the secrets of private links.
requests = Histogram(
    "march_request_seconds",
    "Time to answer a request",
    ("endpoint", "method", "status"),
    buckets=UP_TO_S,
)
jobs = Counter("march_jobs", "Background jobs that ended", ("job", "outcome"))
job_seconds = Counter("march_job_seconds", "Time that background jobs took", ("job",))


def exposition(session: Session) -> bytes:
    """Return all figures as text: of every process of this machine where they share a folder."""
    return generate_latest(_counted()) + generate_latest(_Waiting(session))


def _counted() -> CollectorRegistry:
    if SHARED_FOLDER not in os.environ:
        return REGISTRY
    registry = CollectorRegistry()
    MultiProcessCollector(registry)
    return registry


class _Waiting(CollectorRegistry):
    """How much waits at this moment, asked of the database and the queue, the same for every process."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session

    def collect(self) -> Iterator[Metric]:
        yield from _letters(self._session)
        yield _gauge("march_tracks_waiting", "Recordings to be compared", _tracks(self._session))
        yield _gauge("march_files_waiting", "Files to be made", _files(self._session))
        tasks = health.tasks()
        yield _gauge("march_queue_up", "Whether the queue answers", float(tasks.is_well))
        if tasks.is_well:
            yield _gauge("march_queue_tasks", "Tasks that wait", queue.count())
            seen_at = queue.worker_seen_at()
            at = seen_at.timestamp() if seen_at else 0.0
            yield _gauge("march_worker_seen_timestamp_seconds", "When a worker was last seen", at)
        yield _places(self._session)


def _gauge(name: str, words: str, value: float) -> Metric:
    return GaugeMetricFamily(name, words, value=value)


def _letters(session: Session) -> Iterator[Metric]:
    is_left = (Message.sent_at.is_(None), Message.failed_at.is_(None), Message.erased_at.is_(None))
    waiting = session.scalar(select(func.count()).select_from(Message).where(*is_left)) or 0
    failed = session.scalar(select(func.count()).where(Message.failed_at.is_not(None))) or 0
    oldest = health.oldest_letter_due(session)
    age_s = (datetime.now(UTC) - oldest).total_seconds() if oldest else 0.0
    yield _gauge("march_outbox_letters", "Letters that wait to be sent", waiting)
    yield _gauge("march_outbox_failed_letters", "Letters given up", failed)
    yield _gauge("march_outbox_age_seconds", "How long the oldest letter has waited", age_s)


def _tracks(session: Session) -> int:
    return session.scalar(select(func.count()).where(Track.waiting_since.is_not(None))) or 0


def _files(session: Session) -> int:
    return session.scalar(select(func.count()).where(PreparedFile.state == FileState.WAITING)) or 0


def _places(session: Session) -> Metric:
    left = GaugeMetricFamily(
        "march_places_left", "Places left, where there is a limit", labels=("march", "of")
    )
    rows = session.execute(
        select(March.slug, Quota.kind, Quota.category, Quota.capacity - Quota.taken)
        .join(Quota, Quota.march_id == March.id)
        .where(Quota.capacity.is_not(None), Quota.kind.in_((QuotaKind.MARCH, QuotaKind.CATEGORY)))
    )
    for slug, kind, category, places in rows:
        left.add_metric((slug, str(category or kind)), places or 0)
    return left


def serve(port: int) -> None:
    """Show the figures of this process on a port of its own: of a worker that has a machine to itself."""
    start_http_server(port, registry=_counted())


def count_jobs() -> None:
    began_at: dict[str, float] = {}

    @queue.huey.signal(SIGNAL_EXECUTING)
    def begin_job(_signal: str, task: Any) -> None:
        began_at[task.id] = perf_counter()

    @queue.huey.signal(SIGNAL_COMPLETE, SIGNAL_ERROR, SIGNAL_INTERRUPTED)
    def end_job(signal: str, task: Any, _error: object = None) -> None:
        jobs.labels(task.name, signal).inc()
        job_seconds.labels(task.name).inc(perf_counter() - began_at.pop(task.id, perf_counter()))
