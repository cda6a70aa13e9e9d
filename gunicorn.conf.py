"""How gunicorn serves the program; what a machine needs otherwise comes from its environment."""

import gc
import os
from itertools import count

from prometheus_client import multiprocess

bind = os.environ.get("BIND", "127.0.0.1:8000")
workers = int(os.environ.get("WEB_WORKERS", "2"))
threads = int(os.environ.get("WEB_THREADS", "4"))
timeout = 120
control_socket_disable = True  # nobody talks to it, and it wants a file where containers have none
worker_class = "marchapp.operating.clients.PatientWorker"

# What gunicorn says goes where the program's own lines go, and is written like them: without secrets.
logconfig_dict = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"standard error": {"()": "marchapp.operating.logs.handler", "as_json": False}},
    "root": {"level": "WARNING", "handlers": ["standard error"]},
    "loggers": {"gunicorn.error": {"level": "WARNING", "handlers": [], "propagate": True}},
}
# Whoever turns the access log on gets no addresses: those of private links are secrets.
access_log_format = '%(h)s %(t)s %(m)s %(s)s %(b)s %(D)s "%({x-request-id}o)s"'


# Garbage is searched for between requests. Only a request that leaves so much behind is interrupted for it.
MUCH = 50_000
answered = count(1)


def post_worker_init(_worker) -> None:
    """Leave what the program is made of out of every later search for garbage: each would hold a page up."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(MUCH, 10, 10)


def post_request(_worker, _request, _environ, _response) -> None:
    """Search for garbage once the answer is on its way: no reader waits for it.

    Nor does it come in the midst of anything: up to Python 3.11 it can while a context variable is set, and
    what is destroyed then may free what is just being read (python/cpython issue 148891).
    """
    number = next(answered)
    gc.collect(2 if number % 1000 == 0 else 1 if number % 10 == 0 else 0)


def child_exit(_server, worker) -> None:
    """Take a worker that ended out of the gauges of those that live."""
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        multiprocess.mark_process_dead(worker.pid)
