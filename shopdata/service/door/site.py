"""Twisted's server for HTTP with our door in it: what is refused is refused at the end of the head."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IAddress
from twisted.internet.protocol import connectionDone
from twisted.python.failure import Failure
from twisted.web import http
from twisted.web.http_headers import Headers
from twisted.web.server import Request, Site

from shopdata.service.door.decisions import MOST_BYTES, Decision, Door, Head, Refused, most_bytes, too_long
from shopdata.service.door.forms import UnreadableFormError, read_form
from shopdata.service.door.headers import complete, make_readable
from shopdata.service.people.roles import NOBODY, Visitor

logger = logging.getLogger(__name__)

#: For the head of a request, from its first byte or the last answer on, however busily it comes.
HEAD_SECONDS = 30
BODY_SECONDS = 60
EGG_SECONDS = 600
#: What a client still sends is thrown away for so long: a connection that is closed at once takes its answer along.
LINGER_SECONDS = 5
#: select() on Windows knows 512 of them, macOS gives a process 256.
MOST_CONNECTIONS = 200
#: Of bodies that may be long, so many come in at once; they lie in temporary files meanwhile.
MOST_UPLOADS = 2
#: The JSON of an act is no longer.
_KEPT_BYTES = 16 * 1024


class GuardedRequest(Request):
    """Reads forms by itself, and counts what comes in."""

    channel: Any
    content: Any
    #: Set at the end of the head, as the two below.
    most_bytes = MOST_BYTES
    #: Who asks, and whether they may.
    visitor: Visitor = NOBODY
    is_allowed = False
    #: The beginning of the answer, where somebody wants to know what it says.
    said: bytearray | None = None

    def __init__(self, channel: Any, *args: Any, **options: Any) -> None:
        super().__init__(channel, *args, parsePOSTFormSubmission=False, **options)  # type: ignore[no-untyped-call]
        self._received = 0

    def handleContentChunk(self, data: bytes) -> None:
        self._received += len(data)
        refused = too_long(self._received, self.most_bytes)
        if refused is None:
            super().handleContentChunk(data)  # type: ignore[no-untyped-call]
        else:
            self.channel.refuse(refused)

    @property
    def peer(self) -> str:
        """Who has connected."""
        return str(self.getClientAddress().host)  # type: ignore[no-untyped-call]

    def write(self, data: bytes) -> None:
        if self.said is not None and len(self.said) < _KEPT_BYTES:
            self.said += data
        super().write(data)  # type: ignore[no-untyped-call]

    def process(self) -> None:
        content_type = self.requestHeaders.getRawHeaders(b"Content-Type", [b""])[0]
        if self.method == b"POST" and content_type:
            try:
                fields = read_form(content_type, self.content.read())
            except UnreadableFormError as error:
                self.channel.refuse(Refused(HTTPStatus.BAD_REQUEST, f"This can't be read: {error}."))
                return
            self.args.update(fields)
            self.content.seek(0)
        super().process()  # type: ignore[no-untyped-call]


class GuardedChannel(http.HTTPChannel):
    """One connection."""

    site: GuardedSite
    # Without types of their own in Twisted, or with other ones.
    transport: Any
    callLater: Any
    _path: Any
    _networkProducer: Any

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._refused: Refused | None = None
        self._later: Any = None
        #: While a password is checked nothing more is read; what has come already may be all there is.
        self._is_waiting = self._is_complete = self._is_lost = False
        #: When there are too many connections, strangers (0) are dropped first, then who waits (1), sends (2), is
        #: answered (3).
        self.rank = 0

    # -- time: a deadline for each part, which no byte puts off -----------------------------------------------------

    def resetTimeout(self) -> None:
        """Called by Twisted for whatever comes in."""

    def timeoutConnection(self) -> None:
        self.transport.abortConnection()

    def connectionLost(self, reason: Any = connectionDone) -> None:
        self._is_lost = True
        self.site.forget(self)
        if self._later is not None and self._later.active():
            self._later.cancel()
        if self._refused is not None and self._refused.guesser:
            self.site.door.guesses.answered(self._refused.guesser)
        super().connectionLost(reason)  # type: ignore[no-untyped-call]

    # -- the way of a request ---------------------------------------------------------------------------------------

    def headerReceived(self, line: bytes) -> bool:
        """Twisted's own trips over a number of some thousand digits."""
        try:
            return bool(super().headerReceived(line))  # type: ignore[no-untyped-call]
        except ValueError:
            self._respondToBadRequestAndDisconnect()
            return False

    def allHeadersReceived(self) -> None:
        request = self.requests[-1]
        make_readable(request.requestHeaders)
        head = Head(
            method=self._command,
            target=self._path,
            version=self._version,
            headers=request.requestHeaders,
            length=self.length,
            peer=_plain(self.transport.getPeer().host),
            local=_plain(self.transport.getHost().host),
        )
        decision = self.site.door.look_at(head)
        if isinstance(decision, Deferred):
            self._is_waiting, self._is_complete = True, False
            self.paused = True
            self._networkProducer.pauseProducing()
            decision.addErrback(_unsure)
            decision.addCallback(self._decided, head)
        else:
            self._go_on(decision, head)

    def _decided(self, decision: Decision, head: Head) -> None:
        """Somebody's password has been checked."""
        self._is_waiting = False
        if self._is_lost:
            if isinstance(decision, Refused) and decision.guesser:
                self.site.door.guesses.answered(decision.guesser)
            return
        self._go_on(decision, head)
        if self._refused is None:
            if self._is_complete:
                self.allContentReceived()
            self.paused = False
            self._networkProducer.resumeProducing()
            self.dataReceived(b"")  # type: ignore[no-untyped-call]

    def _go_on(self, decision: Decision, head: Head) -> None:
        if isinstance(decision, Refused):
            self.refuse(decision)
            return
        request = self.requests[-1]
        request.visitor, request.is_allowed = decision.visitor, decision.is_allowed
        request.most_bytes = most_bytes(head.target, decision.visitor)
        refused = self.site.begin_upload(self) if request.most_bytes > MOST_BYTES and self.length != 0 else None
        if refused is not None:
            self.refuse(refused)
            return
        self.rank = 2
        self.setTimeout(EGG_SECONDS if request.most_bytes > MOST_BYTES else BODY_SECONDS)  # type: ignore[no-untyped-call]
        super().allHeadersReceived()  # type: ignore[no-untyped-call]

    def allContentReceived(self) -> None:
        if self._is_waiting:
            self._is_complete = True
            return
        if self._refused is not None:
            return
        self.rank = 3
        # What counts again after the answer.
        self.setTimeout(HEAD_SECONDS)  # type: ignore[no-untyped-call]
        super().allContentReceived()  # type: ignore[no-untyped-call]

    def requestDone(self, request: Any) -> None:
        self.rank = 1
        self.site.end_upload(self)
        super().requestDone(request)  # type: ignore[no-untyped-call]

    def writeHeaders(self, version: bytes, code: bytes, reason: bytes, headers: Any) -> None:
        super().writeHeaders(version, code, reason, complete(headers))  # type: ignore[no-untyped-call]

    # -- refusals ---------------------------------------------------------------------------------------------------

    def refuse(self, refused: Refused) -> None:
        """Answers in place of a page, reads nothing more of what comes, and ends the connection."""
        if self._refused is not None:
            return
        self._refused = refused
        self.rank = 0
        self.site.end_upload(self)
        self.setTimeout(None)  # type: ignore[no-untyped-call]
        for name in ("dataReceived", "lineReceived", "rawDataReceived"):
            setattr(self, name, _ignored)
        if refused.after_seconds:
            self._networkProducer.pauseProducing()
            self._later = self.callLater(refused.after_seconds, self._answer, refused)
        else:
            self._answer(refused)

    def _answer(self, refused: Refused) -> None:
        method = self.requests[-1].method if self.requests else b""
        body = b"" if b"HEAD" in (method, getattr(self, "_command", b"")) else f"{refused.text}\n".encode()
        headers = Headers({"Content-Type": ["text/plain; charset=utf-8"], "Connection": ["close"]})
        for name, value in {**refused.headers, "Content-Length": str(len(refused.text.encode()) + 1)}.items():
            headers.setRawHeaders(name, [value])
        self.writeHeaders(b"HTTP/1.1", b"%d" % refused.status, refused.status.phrase.encode(), headers)
        self.transport.write(body)
        self._networkProducer.resumeProducing()
        self._networkProducer.unregisterProducer()
        self.transport.loseWriteConnection()
        self._later = self.callLater(LINGER_SECONDS, self.transport.abortConnection)

    def lineLengthExceeded(self, line: bytes) -> None:
        """Twisted's own closes without a word."""
        status = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
        self.refuse(Refused(status, f"A line of the head is longer than {self.MAX_LENGTH} bytes."))

    def _respondToBadRequestAndDisconnect(self) -> None:
        """Twisted's own is without our headers."""
        self.refuse(Refused(HTTPStatus.BAD_REQUEST, "This is no HTTP request that can be read."))


class GuardedSite(Site):
    """Keeps count of its connections. There is always room for one more: the one that matters least is dropped."""

    requestFactory = GuardedRequest
    protocol: Any = GuardedChannel

    def __init__(self, resource: Any, door: Door, **options: Any) -> None:
        super().__init__(resource, timeout=HEAD_SECONDS, **options)  # type: ignore[no-untyped-call]
        self.door = door
        #: In the order in which they came.
        self._channels: dict[GuardedChannel, None] = {}
        self._uploads: set[GuardedChannel] = set()

    def log(self, request: Any) -> None:
        """No line for every request: a monitor makes one every few seconds."""

    def buildProtocol(self, addr: IAddress | None) -> Any:
        while len(self._channels) >= MOST_CONNECTIONS:
            least = min(self._channels, key=lambda channel: channel.rank)
            self.forget(least)
            least.transport.abortConnection()
        channel: GuardedChannel = super().buildProtocol(addr)  # type: ignore[no-untyped-call]
        self._channels[channel] = None
        return channel

    def forget(self, channel: GuardedChannel) -> None:
        """A connection is over."""
        self._channels.pop(channel, None)
        self.end_upload(channel)

    def begin_upload(self, channel: GuardedChannel) -> Refused | None:
        """Takes a place for a long body; an answer if there is none."""
        if len(self._uploads) >= MOST_UPLOADS:
            text = f"{MOST_UPLOADS} others are sending an egg. Try again in a moment."
            return Refused(HTTPStatus.SERVICE_UNAVAILABLE, text, {"Retry-After": "5"})
        self._uploads.add(channel)
        return None

    def end_upload(self, channel: GuardedChannel) -> None:
        """Gives the place back."""
        self._uploads.discard(channel)


def _unsure(failure: Failure) -> Decision:
    """A password could not be checked: nobody comes in by it."""
    logger.error("a password could not be checked: %s", failure.getErrorMessage())
    return Refused(HTTPStatus.SERVICE_UNAVAILABLE, "The password could not be checked. Try again in a moment.")


def _plain(address: str) -> str:
    """A socket for both kinds of addresses writes those of IPv4 as IPv6."""
    return address.removeprefix("::ffff:")


def _ignored(*_: object) -> None:
    """Takes whatever comes in."""
