"""A mail server that can be down, slow or refusing, and counts what it took."""

import asyncio
from collections import Counter
from email import message_from_bytes

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


class MailServer:
    """Takes letters on a port of its own; counts each by its Message-ID, as mailboxes do."""

    def __init__(self, port: int) -> None:
        self.port, self.taken, self.asked = port, Counter[str](), 0
        self.slow_s, self.refuses = 0.0, False
        self._controller: Controller | None = None

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.asked += 1
        if self.refuses:
            return "451 try again later"
        await asyncio.sleep(self.slow_s)
        self.taken[message_from_bytes(envelope.original_content or b"")["Message-ID"]] += 1
        return "250 OK"

    def start(self) -> None:
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port)
        self._controller.start()

    def stop(self) -> None:
        if self._controller is not None:
            self._controller.stop()
            self._controller = None
