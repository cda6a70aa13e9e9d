"""The worker of gunicorn for clients that are slow, or pretend to be: a thread takes what is whole.

gunicorn's own gives a thread to whoever connects, and to whoever sends a body a byte at a time. Here one loop
waits for all of them, as a proxy does that buffers. Whoever does not send in time is dropped.
"""

import os
import re
from functools import partial
from selectors import EVENT_READ
from socket import SHUT_WR
from tempfile import SpooledTemporaryFile
from time import monotonic
from typing import Any

from gunicorn.workers.gthread import TConn, ThreadWorker

HEAD_S = 10.0  # until the headers are there
LEAST_BYTES_A_SECOND = 8 * 1024  # of a body, beside the time for the headers: a phone with a bad signal
MOST_HEAD = 64 * 1024
MOST_HELD = 2 * 2**30  # of all bodies that are on their way to one process; they are in temporary files
MOST_COMING = 400  # clients whose requests are not whole; the eldest makes place for the next
IN_MEMORY = 512 * 1024
AT_ONCE = 64 * 1024
# A thread itself waits no longer: for a body whose length was not announced, and for a reader of an answer.
RECEIVING_S = 5.0
LEAVING_S = 5.0  # for whoever was answered to read that, and to stop sending
SENDING_S = 30.0

LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,15})[ \t]*\r\n", re.IGNORECASE)


class Coming:
    """A request on its way: what of it is here, how long it will be, and until when it has to be whole."""

    def __init__(self) -> None:
        self.began_at = monotonic()
        self.head, self.received, self.length = b"", 0, -1
        self.file = SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - closed by who reads it

    @property
    def is_whole(self) -> bool:
        return 0 <= self.length <= self.received

    @property
    def due_at(self) -> float:
        return self.began_at + HEAD_S + self.received / LEAST_BYTES_A_SECOND * (self.length >= 0)

    def add(self, part: bytes) -> None:
        self.file.write(part)
        self.received += len(part)
        if self.length < 0:
            self.head += part
            end = self.head.find(b"\r\n\r\n")
            if end >= 0:
                announced = LENGTH.search(self.head[: end + 2])
                self.length = end + 4 + int(announced[1] if announced else 0)
            elif len(self.head) > MOST_HEAD:
                self.length = 0  # the parser says what it thinks of that


class Leaving(Coming):
    """What is sent by somebody who was answered and is not listened to any more."""

    @property
    def due_at(self) -> float:
        return self.began_at + LEAVING_S

    def add(self, part: bytes) -> None:
        """Forget it."""


class Held:
    """A socket whose request is here already: its bytes come first, then what still arrives, for a while."""

    def __init__(self, sock: Any) -> None:
        self.sock = sock
        self.file: Any = None
        self.due_at = 0.0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.sock, name)

    def take(self, file: Any, due_at: float) -> None:
        """Give out a request that was received; nobody waits for more of it after `due_at`, 0 for usual."""
        file.seek(0)
        self.file, self.due_at = file, due_at

    def recv(self, size: int) -> bytes:
        if self.file and (part := self.file.read(size)):
            return bytes(part)
        self.let_go()
        self.due_at = self.due_at or monotonic() + RECEIVING_S
        self.sock.settimeout(max(0.001, self.due_at - monotonic()))
        try:
            return bytes(self.sock.recv(size))
        except TimeoutError:
            return b""
        finally:
            self.sock.settimeout(SENDING_S)

    def let_go(self) -> None:
        if self.file:
            self.file.close()
        self.file = None

    def setblocking(self, blocks: bool) -> None:
        """Block, but not for ever: gunicorn sends to whoever reads as slowly as they like."""
        self.sock.settimeout(SENDING_S if blocks else 0.0)


class PatientWorker(ThreadWorker):
    """Threads for requests that are whole; one loop for those that are coming."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.coming: dict[TConn, Coming] = {}  # in order of their beginning
        self.most_bytes = 0

    def run(self) -> None:
        # The application has read .env by now, and refuses what is larger by its announcement.
        self.most_bytes = MOST_HEAD + (int(os.environ.get("UPLOAD_LIMIT_MIB") or 64) + 1) * 2**20
        super().run()

    def accept(self, listener: Any) -> None:
        try:
            sock, address = listener.accept()
        except OSError:  # another process was faster, or the client has gone
            return
        self.nr_conns += 1
        self._expect(TConn(self.cfg, Held(sock), address, listener.getsockname()))

    def on_client_socket_readable(self, conn: TConn, client: Any) -> None:
        """Wait for the next request of a connection that was kept."""
        self.poller.unregister(client)
        self.keepalived_conns.remove(conn)
        self._expect(conn)

    def _expect(self, conn: TConn) -> None:
        if len(self.coming) >= MOST_COMING:
            self._drop(next(iter(self.coming)))
        conn.data_ready = True
        self._listen(conn, Coming())

    def _listen(self, conn: TConn, coming: Coming) -> None:
        self.coming[conn] = coming
        self.poller.register(conn.sock, EVENT_READ, partial(self._receive, conn))

    def _receive(self, conn: TConn, _socket: Any) -> None:
        coming = self.coming.get(conn)
        if coming is None:  # dropped at the same turn
            return
        try:
            part = conn.sock.sock.recv(AT_ONCE)
        except BlockingIOError:
            return
        except OSError:
            part = b""
        if not part:
            self._drop(conn)
            return
        coming.add(part)
        is_too_large = coming.length > self.most_bytes
        if coming.is_whole or is_too_large:
            self.poller.unregister(conn.sock)
            del self.coming[conn]
            conn.sock.take(coming.file, monotonic() if is_too_large else 0.0)
            self.enqueue_req(conn)
        elif sum(one.received for one in self.coming.values()) > MOST_HELD:
            self._drop(conn)

    def _drop(self, conn: TConn) -> None:
        self.poller.unregister(conn.sock)
        self.coming.pop(conn).file.close()
        self.nr_conns -= 1
        conn.close()

    def murder_pending(self) -> None:
        """Drop who has not sent in time; gunicorn calls this at every turn of its loop."""
        super().murder_pending()
        now = monotonic()
        for conn in [conn for conn, coming in self.coming.items() if coming.due_at < now]:
            self._drop(conn)

    def finish_request(self, conn: TConn, done: Any) -> None:
        """Keep the connection, or see it off without waiting for it as gunicorn's own loop does."""
        conn.sock.let_go()
        if done.cancelled() or done.exception() or done.result():
            super().finish_request(conn, done)
            return
        try:
            conn.sock.setblocking(False)
            conn.sock.shutdown(SHUT_WR)
        except OSError:  # it has gone
            self.nr_conns -= 1
            conn.close()
        else:
            self._listen(conn, Leaving())
