"""A real SMTP server on this machine, and an application that sends its letters there."""

import asyncio
import socket
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope
from aiosmtpd.smtp import Session as SmtpSession
from flask import Flask


class Postbox:
    """Keeps what arrives; answers with `refusal` instead while that is set.

    It knows nobody of `unknown`, takes `pause_s` over each letter, and ends a connection after `most`.
    """

    def __init__(self) -> None:
        self.envelopes: list[Envelope] = []
        self.peers: set[object] = set()
        self.refusal = ""
        self.unknown: dict[str, str] = {}
        self.pause_s = 0.0
        self.most: int | None = None

    async def handle_RCPT(  # noqa: N802
        self, _server: SMTP, _session: SmtpSession, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if address in self.unknown:
            return self.unknown[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: SmtpSession, envelope: Envelope) -> str:  # noqa: N802
        self.peers.add(session.peer)
        await asyncio.sleep(self.pause_s)
        if self.refusal:
            return self.refusal
        self.envelopes.append(envelope)
        if self.most and len(self.envelopes) % self.most == 0:
            asyncio.get_running_loop().call_later(0.01, server.transport.close)
        return "250 OK"

    @property
    def letters(self) -> list[EmailMessage]:
        return [
            message_from_bytes(envelope.content, policy=policy.default)  # type: ignore[arg-type,misc]
            for envelope in self.envelopes
        ]


@pytest.fixture
def postbox(app: Flask, free_port: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[Postbox]:
    postbox = Postbox()
    controller = Controller(postbox, hostname="127.0.0.1", port=free_port)
    controller.start()
    point_to(app, free_port, monkeypatch)
    yield postbox
    controller.stop()


@pytest.fixture
def no_mail_server(app: Flask, free_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Send to a port where nobody listens."""
    point_to(app, free_port, monkeypatch)


@pytest.fixture
def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def point_to(app: Flask, port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(app.config, "MAIL_SERVER", "127.0.0.1")
    settings = app.extensions["mailman"]
    monkeypatch.setattr(settings, "server", "127.0.0.1")
    monkeypatch.setattr(settings, "port", port)
    monkeypatch.setattr(settings, "backend", "smtp")  # in tests it only keeps letters in memory
