"""How gunicorn serves the program; what a machine needs otherwise comes from its environment."""

import os

from prometheus_client import multiprocess

bind = os.environ.get("BIND", "127.0.0.1:8000")
workers = int(os.environ.get("WEB_WORKERS", "2"))
threads = int(os.environ.get("WEB_THREADS", "4"))
timeout = 120
loglevel = "warning"


def child_exit(_server, worker) -> None:
    """Take a worker that ended out of the gauges of those that live."""
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        multiprocess.mark_process_dead(worker.pid)
