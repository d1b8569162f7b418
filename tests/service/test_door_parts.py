"""The door's parts, each by itself: names, passwords, guesses, forms, and time."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import pytest
from twisted.internet.address import IPv6Address
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.web.http_headers import Headers
from twisted.web.resource import Resource

from shopdata.exceptions import ArgumentError
from shopdata.service.door import Door, GuardedSite, Guesses, Hosts, SignIn, weakness_of
from shopdata.service.door.decisions import Head, Refused
from shopdata.service.door.forms import UnreadableFormError, read_form
from shopdata.service.door.hosts import read_names
from shopdata.service.door.site import BODY_SECONDS, HEAD_SECONDS, LINGER_SECONDS

USER, PASSWORD = "tester", "fake-Pass-word-17"
SIGNED = b"Authorization: Basic " + b64encode(f"{USER}:{PASSWORD}".encode()) + b"\r\n"


@pytest.mark.parametrize(
    ("host", "is_known"),
    [
        ("localhost", True),
        ("127.0.0.1:6800", True),
        ("127.3.2.1", True),
        ("[::1]:80", True),
        ("192.168.0.7:6800", True),
        ("10.0.0.1", True),
        ("board.example.com", True),
        ("BOARD.example.com.:443", True),
        ("a.intern.example", True),
        ("intern.example", True),
        ("xintern.example", False),
        ("evil.example", False),
        ("board.example.com.evil.example", False),
        ("localhost.evil.example", False),
        ("127.0.0.1.nip.example", False),
        ("2130706433", False),
        ("0x7f000001", False),
        ("192.168.0.8", False),
        ("a@localhost", False),
        ("localhost/x", False),
        ("localhost:port", False),
        ("[::1", False),
        ("", False),
    ],
)
def test_names_of_the_service(host: str, is_known: bool) -> None:
    hosts = Hosts("192.168.0.7", read_names("board.example.com, .intern.example", "HOSTS"))
    assert hosts.know(host, "10.0.0.1") is is_known


@pytest.mark.parametrize(
    ("target", "origin", "site", "status"),
    [
        pytest.param(b"/cron.json", "https://board.example.com:8443", None, None, id="a proxy that drops the port"),
        pytest.param(b"/cron.json", "http://board.example.com", None, None, id="a proxy that puts its own name"),
        pytest.param(b"/board/do/collect", "http://tools.example", None, None, id="the board looks at its tokens"),
        pytest.param(b"/board/do/collect", "http://tools.example", "cross-site", 403, id="a browser that says more"),
        pytest.param(b"/cron.json", "https://board.example.com", "cross-site", 403, id="another site with our name"),
        pytest.param(b"/cron.json", "http://tools.example", None, 403, id="a name that nobody has given"),
        pytest.param(b"/cron.json", "http://127.0.0.1:9", None, 403, id="another program of this machine"),
        pytest.param(b"/cron.json", "null", None, 403, id="nobody"),
        pytest.param(b"/cron.json", "http://[::1", None, 403, id="no address"),
    ],
)
def test_forms_that_come_through_a_proxy(target: bytes, origin: str, site: str | None, status: int | None) -> None:
    headers = Headers({"Host": ["127.0.0.1:6800"], "Origin": [origin], "Authorization": [SIGNED.decode()[15:].strip()]})
    if site:
        headers.addRawHeader("Sec-Fetch-Site", site)
    door = Door(Hosts("127.0.0.1", ["board.example.com"]), SignIn(USER, PASSWORD), Guesses(lambda: 0.0))
    head = Head(b"POST", target, b"HTTP/1.1", headers, 0, "127.0.0.1", "127.0.0.1")
    decision = door.look_at(head)
    assert (decision.status if isinstance(decision, Refused) else None) == status


@pytest.mark.parametrize("text", ["https://board.example.com", "board.example.com:443", "a b", "a/b", "*", "店铺"])
def test_what_is_no_name(text: str) -> None:
    with pytest.raises(ArgumentError, match=r"SHOPDATA_SERVICE_HOSTS: invalid host name"):
        read_names(f"good.example,{text}", "SHOPDATA_SERVICE_HOSTS")


@pytest.mark.parametrize(
    ("given", "fits"),
    [
        (f"{USER}:{PASSWORD}", True),
        (f"{USER}:{PASSWORD}x", False),
        (f"{USER}x:{PASSWORD}", False),
        (f"{USER}:", False),
        (USER, False),
        ("", False),
        (":", False),
        (f"{USER}:{PASSWORD}:", False),
    ],
)
def test_who_may_sign_in(given: str, fits: bool) -> None:
    sign_in = SignIn(USER, PASSWORD)
    assert sign_in.fits(b"Basic " + b64encode(given.encode())) is fits
    assert sign_in.fits(b"basic  " + b64encode(given.encode())) is fits
    assert not sign_in.fits(b"Bearer " + b64encode(given.encode()))
    assert PASSWORD not in repr(sign_in)


@pytest.mark.parametrize(
    "password",
    [
        "a", "short-1", "elevenlette", "aaaaaaaaaaaaaaaa", "abababababab", "testertester1", "Tester-tester",
        "password1234", "Password123456", "qwertyuiop12", "shopdata2026", "admin-admin-1", "1234567890ab",
        "changeme-now", "112233112233", "P@ssw0rd1234", "qazwsxedcrfv", "1qaz@WSX3edc", "abcdefghijkl", "987654321098",
        "qwer1234asdf", "woaini1314520", "retset123456",
    ],
)  # fmt: skip
def test_a_weak_password(password: str) -> None:
    assert weakness_of(USER, password) != ""


@pytest.mark.parametrize(
    "password", [PASSWORD, "fake-pass-word", "kR7_pq-2mXw9", "correct horse battery", "回力京东旗舰店今天很好吃啊"]
)
def test_a_password_that_will_do(password: str) -> None:
    assert weakness_of(USER, password) == ""


def test_guesses_are_answered_later_and_later(caplog: pytest.LogCaptureFixture) -> None:
    now = [0.0]
    guesses = Guesses(lambda: now[0])
    seconds = []
    for _ in range(12):
        seconds.append(guesses.note("192.0.2.1"))
        guesses.answered("192.0.2.1")
    assert seconds == [0, 0, 0, 0.25, 0.5, 1, 2, 2, 2, 2, 2, 2]
    assert [guesses.note("192.0.2.1") for _ in range(9)] == [2.0] * 8 + [None], "so many are held back at once"
    assert guesses.note("192.0.2.2") == 0, "another address"
    now[0] += 1000
    assert guesses.note("192.0.2.1") == 0, "long ago"
    assert caplog.text.count("from 192.0.2.1, ") == 12
    # A whole /64 is one subscriber; and a million addresses are no reason to remember a million.
    assert [guesses.note(f"2001:db8::{number}") for number in range(1, 5)] == [0, 0, 0, 0.25]
    for number in range(3000):
        guesses.note(f"198.18.{number // 250}.{number % 250}")
    assert len(guesses._known) == 1000


# -- forms ---------------------------------------------------------------------------------------------------------

MULTIPART = b"multipart/form-data; boundary=x"


def test_forms_as_clients_send_them() -> None:
    assert read_form(b"application/x-www-form-urlencoded; charset=utf-8", b"a=1&b=%20x&a=2&c=") == {
        b"a": [b"1", b"2"],
        b"b": [b" x"],
        b"c": [b""],
    }
    body = (
        b'preamble\r\n--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--x \t\r\n'
        b"content-type: text/plain\r\n"
        b"Content-Disposition: form-data; filename=\"e.egg\"; name*=utf-8''%e5%ba%97\r\n\r\n"
        b"\r\n--y\r\n\r\n\r\n--x--\r\nrest"
    )
    assert read_form(MULTIPART, body) == {b"a": [b"1"], "店".encode(): [b"\r\n--y\r\n\r\n"]}
    assert read_form(b'multipart/form-data; boundary="x"', b"--x--") == {}
    assert read_form(b"application/json", b"[" * 100_000) == {}


@pytest.mark.parametrize("body", [b"", b"--x", b"x", b"--x\r\n\r\n--x--", b"--x\r\nA: b\r\n\r\n1\r\n--y--"])
def test_bodies_that_are_no_form(body: bytes) -> None:
    with pytest.raises(UnreadableFormError):
        read_form(MULTIPART, body)


# -- time ----------------------------------------------------------------------------------------------------------


class Transport(StringTransport):
    """Takes notes of how the connection ends."""

    is_aborted = False
    is_half_closed = False

    def abortConnection(self) -> None:
        self.is_aborted = True

    def loseWriteConnection(self) -> None:
        self.is_half_closed = True


class Never(Resource):
    isLeaf = True

    def render(self, request: Any) -> int:
        return 1  # NOT_DONE_YET


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def site(clock: Clock) -> GuardedSite:
    return GuardedSite(Never(), Door(Hosts("127.0.0.1"), SignIn(USER, PASSWORD), Guesses(clock.seconds)), reactor=clock)


def connect(site: GuardedSite) -> tuple[Any, Transport]:
    channel, transport = site.buildProtocol(None), Transport()
    channel.makeConnection(transport)
    return channel, transport


HEAD = b"POST /x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n" + SIGNED + b"\r\n"


def test_no_byte_puts_off_the_end_of_a_head(site: GuardedSite, clock: Clock) -> None:
    channel, transport = connect(site)
    for letter in HEAD[: HEAD_SECONDS - 1]:
        channel.dataReceived(bytes([letter]))
        clock.advance(1)
    assert not transport.is_aborted
    clock.advance(1)
    assert transport.is_aborted


def test_no_byte_puts_off_the_end_of_a_body(site: GuardedSite, clock: Clock) -> None:
    channel, transport = connect(site)
    channel.dataReceived(HEAD)
    for _ in range(BODY_SECONDS - 1):
        channel.dataReceived(b"x")
        clock.advance(1)
    assert not transport.is_aborted
    clock.advance(1)
    assert transport.is_aborted


def test_an_answer_may_take_its_time(site: GuardedSite, clock: Clock) -> None:
    channel, transport = connect(site)
    channel.dataReceived(HEAD + b"x" * 1000)
    clock.advance(10_000)
    assert not transport.is_aborted
    channel.requests[0].finish()
    clock.advance(HEAD_SECONDS - 1)
    assert not transport.is_aborted
    clock.advance(1)
    assert transport.is_aborted, "who says nothing more does not keep the connection"


def test_addresses_of_a_socket_for_both_kinds(site: GuardedSite) -> None:
    channel, transport = site.buildProtocol(None), Transport(IPv6Address("TCP", "::ffff:10.0.0.1", 6800))
    channel.makeConnection(transport)
    channel.dataReceived(b"GET / HTTP/1.1\r\nHost: 10.0.0.1\r\n\r\n")
    assert transport.value().startswith(b"HTTP/1.1 401 ")


def test_a_refused_client_is_listened_to_for_a_moment(site: GuardedSite, clock: Clock) -> None:
    channel, transport = connect(site)
    channel.dataReceived(HEAD.replace(SIGNED, b"") + b"x" * 100)
    assert transport.value().startswith(b"HTTP/1.1 401 ")
    said = transport.value()
    channel.dataReceived(b"x" * 100_000 + HEAD * 100)
    assert (transport.value(), transport.is_half_closed, transport.is_aborted) == (said, True, False)
    clock.advance(LINGER_SECONDS)
    assert transport.is_aborted


def test_a_guess_is_held_back_with_its_body_unread(site: GuardedSite, clock: Clock) -> None:
    wrong = HEAD.replace(SIGNED, b"Authorization: Basic YTpi\r\n")
    for _ in range(3):
        connect(site)[0].dataReceived(wrong)
    channel, transport = connect(site)
    channel.dataReceived(wrong)
    assert (transport.value(), transport.producerState) == (b"", "paused")
    clock.advance(0.25)
    assert transport.value().startswith(b"HTTP/1.1 401 ")
    assert clock.getDelayedCalls()
    for known in list(site._channels):
        known.connectionLost(None)
    assert not clock.getDelayedCalls()
    assert site._channels == {}


def test_who_has_the_password_waits_for_no_guesser(site: GuardedSite) -> None:
    """All from one address, as behind a proxy; the clock stands still."""
    wrong = HEAD.replace(SIGNED, b"Authorization: Basic YTpi\r\n")
    guessing = [connect(site) for _ in range(30)]
    for channel, _ in guessing:
        channel.dataReceived(wrong)
    answers = [transport.value()[9:12] for _, transport in guessing]
    assert answers == [b"401"] * 3 + [b""] * 8 + [b"429"] * 19
    channel, transport = connect(site)
    channel.dataReceived(HEAD + b"x" * 1000)
    channel.requests[0].finish()
    assert transport.value().startswith(b"HTTP/1.1 200 ")
