"""How gunicorn serves the program; what a machine needs otherwise comes from its environment."""

import gc
import os

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


def post_worker_init(_worker) -> None:
    """Leave what the program is made of out of every later search for garbage: each would hold a page up."""
    gc.collect()
    gc.freeze()


def child_exit(_server, worker) -> None:
    """Take a worker that ended out of the gauges of those that live."""
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        multiprocess.mark_process_dead(worker.pid)
