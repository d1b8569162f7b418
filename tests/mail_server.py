"""A mail server on loopback, in the tests' own process: takes what is sent, asks for a password, and has troubles."""

from __future__ import annotations

import email
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword

USER, PASSWORD = "report@example.com", "a p@ss:word/of-nobody"


@dataclass
class Mailbox:
    """What was taken, and what is said in place of taking the next mails: a whole line of SMTP."""

    port: int = 0
    mails: list[EmailMessage] = field(default_factory=list)
    readers: list[list[str]] = field(default_factory=list)
    #: Answers to the next mails; after the last of them all is well.
    instead: list[str] = field(default_factory=list)
    #: Nobody is called so here.
    unknown: set[str] = field(default_factory=set)
    asked: int = 0

    @property
    def url(self) -> str:
        """With user name and password, as alerts.yaml wants it."""
        return f"smtp://report%40example.com:a%20p%40ss%3Aword%2Fof-nobody@127.0.0.1:{self.port}"

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Envelope, address: str, _options: Any) -> str:
        if address in self.unknown:
            return "550 5.1.1 nobody is called so"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Envelope) -> str:
        self.asked += 1
        if self.instead:
            return self.instead.pop(0)
        assert isinstance(envelope.content, bytes)
        self.mails.append(email.message_from_bytes(envelope.content, policy=default))  # type: ignore[arg-type]
        self.readers.append(list(envelope.rcpt_tos))
        return "250 OK"


def _is_known(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
    is_right = isinstance(data, LoginPassword) and data == LoginPassword(USER.encode(), PASSWORD.encode())
    return AuthResult(success=is_right, handled=is_right)


class _OnAFreePort(Controller):  # type: ignore[misc]
    """aiosmtpd's own looks for its server under the port that it was told: 0 here."""

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@contextmanager
def mail_server() -> Iterator[Mailbox]:
    """Listens on a free port for the length of the block."""
    box = Mailbox()
    server = _OnAFreePort(
        box,
        hostname="127.0.0.1",
        port=0,
        authenticator=_is_known,
        auth_required=True,
        auth_require_tls=False,
        server_hostname="localhost",
        ready_timeout=600,
    )
    server.start()
    try:
        box.port = server.port
        yield box
    finally:
        server.stop()
