"""Strangers, guesses, other sites and endless bodies before the running service: nobody else waits for them."""

from __future__ import annotations

import json
import re
import socket
import threading
from base64 import b64encode
from collections.abc import Iterator
from contextlib import ExitStack, closing, suppress

import psutil
import pytest
from tiny_service import PASSWORD, USER, TinyService, tiny_egg

from shopdata.service.door.headers import HEADERS
from shopdata.service.door.site import MOST_CONNECTIONS, MOST_UPLOADS

SIGNED = b"Authorization: Basic " + b64encode(f"{USER}:{PASSWORD}".encode()) + b"\r\n"
MB = 1024 * 1024


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TinyService]:
    service = TinyService(tmp_path_factory.mktemp("tiny"))
    log = service.folder / "logs" / "shopdata" / "jd_store" / "old.html"
    log.parent.mkdir(parents=True)
    log.write_text("<script>alert(1)</script>")
    try:
        service.start()
        yield service
    finally:
        service.stop()


class Line:
    """One connection, byte by byte."""

    def __init__(self, service: TinyService, *sent: bytes) -> None:
        self.socket = socket.create_connection(("127.0.0.1", service.port), timeout=60)
        for part in sent:
            self.socket.sendall(part)

    def close(self) -> None:
        self.socket.close()

    def read(self) -> bytes:
        """Everything until the other side has said all."""
        found = b""
        while part := self.socket.recv(65536):
            found += part
        return found

    def is_dropped(self) -> bool:
        self.socket.setblocking(False)
        try:
            return self.socket.recv(1) == b""
        except BlockingIOError:
            return False
        except ConnectionError:
            return True


def head(method: bytes, path: bytes, *lines: bytes) -> bytes:
    return b"%b %b HTTP/1.1\r\nHost: 127.0.0.1\r\n" % (method, path) + b"".join(f + b"\r\n" for f in lines) + b"\r\n"


def answers(service: TinyService, *sent: bytes) -> bytes:
    with closing(Line(service, *sent)) as line:
        return line.read()


def has_our_headers(answer: bytes) -> bool:
    lines = answer.partition(b"\r\n\r\n")[0].decode().lower().split("\r\n")[1:]
    given = dict(line.split(": ", 1) for line in lines)
    ours = all(given.get(name.lower()) for name in HEADERS)
    return ours and not any(name.startswith("access-control") or name == "server" for name in given)


# -- bodies --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [b"/", b"/schedule.json", b"/addversion.json", b"/board/do/collect", b"/nothing"])
@pytest.mark.parametrize(
    "length", [b"Content-Length: 20000000", b"Content-Length: 400000000", b"Transfer-Encoding: chunked"]
)
def test_nobody_waits_for_a_strangers_body(service: TinyService, path: bytes, length: bytes) -> None:
    """Not a byte of it is sent, and the answer is there."""
    answer = answers(service, head(b"POST", path, length, b"Content-Type: multipart/form-data; boundary=x"))
    assert answer.startswith(b"HTTP/1.1 401 ")
    assert b"WWW-Authenticate: Basic" in answer
    assert has_our_headers(answer)


PARTS = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n' * 200_000 + b"--x--\r\n"


@pytest.mark.parametrize("body", [PARTS, b"\n" * 16 * MB], ids=["parts", "lines"])
def test_a_strangers_body_gets_its_answer_all_the_same(service: TinyService, body: bytes) -> None:
    """Most clients read only when they have sent all."""
    status, _, _ = service.request(
        "POST", "/schedule.json", body, {"Content-Type": "multipart/form-data; boundary=x"}, auth=""
    )
    assert status == 401


@pytest.mark.parametrize(
    ("path", "most"), [(b"/schedule.json", MB), (b"/board/do/collect", MB), (b"/addversion.json?x", 64 * MB)]
)
def test_a_body_has_an_end(service: TinyService, path: bytes, most: int) -> None:
    answer = answers(service, head(b"POST", path, SIGNED.strip(), b"Content-Length: %d" % (most + 1)))
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert has_our_headers(answer)


def test_a_body_without_a_length_has_an_end(service: TinyService) -> None:
    chunk = b"10000\r\n" + b"\n" * 65536 + b"\r\n"
    sent = head(b"POST", b"/schedule.json", SIGNED.strip(), b"Transfer-Encoding: chunked")
    assert answers(service, sent, *[chunk] * 17).startswith(b"HTTP/1.1 413 ")
    assert b'"status": "error"' in answers(
        service, sent.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"), b"0\r\n\r\n"
    )


def test_only_who_may_come_in_is_told_to_go_on(service: TinyService) -> None:
    expects = (b"Expect: 100-continue", b"Content-Length: 9", b"Content-Type: application/x-www-form-urlencoded")
    assert answers(service, head(b"POST", b"/schedule.json", *expects)).startswith(b"HTTP/1.1 401 ")
    with closing(
        Line(service, head(b"POST", b"/schedule.json", SIGNED.strip(), b"Connection: close", *expects))
    ) as line:
        assert line.socket.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        line.socket.sendall(b"project=x")
        assert line.read().startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize(
    ("kind", "body", "said"),
    [
        ("application/x-www-form-urlencoded", b"a=1&" * 200_000, "more than 1000 fields"),
        ("application/x-www-form-urlencoded", b";" * 1_000_000, "more than 1000 fields"),
        ("multipart/form-data; boundary=x", PARTS[:1_000_000], "more than 50 parts"),
        ("multipart/form-data; boundary=x", b"\n" * 1_000_000, "no parts"),
        ("multipart/form-data; boundary=x", b"--x\r\n" + b"a: b\r\n" * 100_000 + b"\r\n1\r\n--x--", "no head"),
        ("multipart/form-data", b"--x--", "does not say"),
        ("multipart/form-data; boundary=x", b"--x\r\nA: b\r\n\r\n1", "no end"),
    ],
    ids=["fields", "semicolons", "parts", "lines", "head", "no boundary", "cut"],
)
def test_a_form_that_costs_too_much(service: TinyService, kind: str, body: bytes, said: str) -> None:
    status, _, text = service.request("POST", "/schedule.json", body, {"Content-Type": kind})
    assert (status, said in text.decode()) == (400, True), text


def test_an_upload_of_line_breaks_stalls_nobody(service: TinyService) -> None:
    """Within the limit of an egg, by somebody who is signed in."""
    assert "not a ZIP file" in service.deploy(b"\r\n" * 8_000_000)["message"]
    assert service.deploy(tiny_egg())["status"] == "ok"


def test_few_long_bodies_at_once(service: TinyService) -> None:
    begun = head(b"POST", b"/addversion.json", SIGNED.strip(), b"Content-Length: 5000000", b"Expect: 100-continue")
    with ExitStack() as lines:
        for _ in range(MOST_UPLOADS):
            line = lines.enter_context(closing(Line(service, begun)))
            assert line.socket.recv(100).startswith(b"HTTP/1.1 100 ")
        answer = answers(service, begun)
        assert answer.startswith(b"HTTP/1.1 503 ")
        assert b"Retry-After: " in answer
        assert service.ask("daemonstatus.json")["status"] == "ok"

    def is_free() -> bool:
        with suppress(json.JSONDecodeError):  # the 503, in words
            return service.deploy(b"no egg")["message"].startswith("egg: not a ZIP")
        return False

    service.wait_until(is_free, "no place is free")


# -- heads ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: 127.0.0.1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: evil.example\r\n" + SIGNED + b"\r\n", 421),
        (b"GET / HTTP/1.1\r\nHost: 127.0.0.1.evil.example\r\n" + SIGNED + b"\r\n", 421),
        (b"GET / HTTP/1.1\r\nHost: 127.0.0.1@evil.example\r\n" + SIGNED + b"\r\n", 421),
        (b"GET / HTTP/1.1\r\nHost: \r\n" + SIGNED + b"\r\n", 421),
        (b"GET / HTTP/1.1\r\nHost: [::1\r\n" + SIGNED + b"\r\n", 421),
        (b"GET / HTTP/1.1\r\nHost: \x1b]0;x\x07\r\n" + SIGNED + b"\r\n", 421),
        (b"GET / HTTP/1.1\r\nHost: 192.0.2.1\r\n" + SIGNED + b"\r\n", 421),
        (b"\r\n\r\n\r\n", 400),
        (b"nonsense\r\n\r\n", 400),
        (b"GET / HTTP/9.9\r\nHost: 127.0.0.1\r\n\r\n", 400),
        (head(b"GET", b"/", b"no colon"), 400),
        (head(b"GET", b"/", b"Content-Length: 1", b"Content-Length: 2"), 400),
        (head(b"GET", b"/", b"Content-Length: -1"), 400),
        (head(b"GET", b"/", b"Content-Length: " + b"9" * 5000), 400),
        (head(b"POST", b"/", b"Transfer-Encoding: chunked", b"Content-Length: 5"), 400),
        (head(b"GET", b"/", *[b"A%d: b" % number for number in range(600)]), 400),
        (head(b"GET", b"/", *[b"A: " + b"x" * 6_000] * 3), 400),
        (head(b"GET", b"/", b"A: " + b"x" * 17_000), 431),
        (b"GET /" + b"x" * 100_000, 431),
        (head(b"GET", b"/%zz%ff%00?%ff=%"), 401),
        (head(b"FOO", b"/"), 401),
        (head(b"CONNECT", b"127.0.0.1:22"), 401),
        (head(b"GET", b"http://evil.example/"), 401),
        (head(b"OPTIONS", b"*"), 401),
        (head(b"GET", b"/", b"Authorization: Basic"), 401),
        (head(b"GET", b"/", b"Authorization: Basic \xff\xff"), 401),
        (head(b"GET", b"/", b"Authorization: Bearer x"), 401),
        (head(b"GET", b"/", SIGNED.strip(), SIGNED.strip()), 401),
        (head(b"GET", b"/", b"X-Forwarded-For: \xff", b"Authorization: Basic eA=="), 401),
        (head(b"GET", b"/", b"Origin: \xff", b"Cookie: \xff=\xff; ;=", SIGNED.strip(), b"Accept-Language: \xff"), 200),
        (head(b"POST", b"/x", b"Origin: http://[::1", SIGNED.strip()), 403),
        (b"GET / HTTP/1.1\r\nHost: \xff\r\n\r\n", 421),
    ],
    ids=lambda part: str(part[:60]) if isinstance(part, bytes) else "",
)  # fmt: skip
def test_an_odd_head(service: TinyService, sent: bytes, status: int) -> None:
    answer = answers(service, sent.replace(b"\r\nHost", b"\r\nConnection: close\r\nHost", 1))
    assert answer.startswith(b"HTTP/1.1 %d " % status), answer[:200]
    assert has_our_headers(answer)
    assert "Traceback" not in service.log
    assert b"evil.example" not in answer or b"text/plain" in answer
    assert service.ask("daemonstatus.json")["status"] == "ok"


@pytest.mark.parametrize("host", ["127.0.0.1:1", "localhost", "LOCALHOST.:8080", "[::1]:6800"])
def test_names_of_this_machine(service: TinyService, host: str) -> None:
    assert service.request("GET", "/daemonstatus.json", headers={"Host": host})[0] == 200


def test_a_program_of_old_without_a_host(service: TinyService) -> None:
    assert answers(service, b"GET /daemonstatus.json HTTP/1.0\r\n" + SIGNED + b"\r\n").startswith(b"HTTP/1.0 200 ")


def test_each_of_several_requests_at_once_is_looked_at(service: TinyService) -> None:
    """The second has no password, the third comes too late."""
    good = head(b"GET", b"/daemonstatus.json", SIGNED.strip())
    answer = answers(service, good + head(b"POST", b"/schedule.json", b"Content-Length: 3") + b"a=1" + good)
    assert re.findall(rb"^HTTP/1\.1 (\d+) ", answer, re.MULTILINE) == [b"200", b"401"]


ADDRESSES = (
    "/", "/board/", "/board/runs", "/board/nothing", "/board/static/board.css", "/jobs", "/jobs/", "/logs", "/logs/",
    "/logs/shopdata/jd_store/old.html", "/logs/nothing", "/logs/%2e%2e/%2e%2e/password", "/nothing",
    "/daemonstatus.json", "/listjobs.json", "/cron.json", "/metrics", "/favicon.ico", "/%zz%ff%00", "/items/",
    "/" + "x" * 15_000,
)  # fmt: skip


def test_every_answer_has_our_headers(service: TinyService) -> None:
    for path in ADDRESSES:
        for method in (b"GET", b"HEAD", b"OPTIONS", b"PUT", b"DELETE", b"FOO"):
            sent = head(method, path.encode(), SIGNED.strip(), b"Connection: close")
            answer = answers(service, sent)
            assert has_our_headers(answer), (method, path, answer[:1000])
            assert int(answer.split()[1]) in (200, 204, 301, 302, 303, 400, 404, 405, 501), (method, path, answer[:200])
            assert b"Scrapyd</title>" not in answer


def test_logs_are_plain_text_and_the_jobs_page_is_the_boards(service: TinyService) -> None:
    status, headers, body = service.request("GET", "/logs/shopdata/jd_store/old.html")
    assert (status, headers["content-type"]) == (200, "text/plain; charset=utf-8")
    assert body == b"<script>alert(1)</script>"
    status, headers, _ = service.request("GET", "/jobs")
    assert (status, headers["location"]) == (303, "board/runs")


# -- other sites ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "page", ["schedule.json", "cancel.json", "cron.json", "delproject.json", "board/do/cancel", "x"]
)
def test_a_form_of_another_site(service: TinyService, page: str) -> None:
    for headers in (
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": f"http://127.0.0.1:{service.port + 1}"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Origin": f"http://127.0.0.1:{service.port}"},
    ):
        for method in ("POST", "PUT", "DELETE"):
            assert service.request(method, f"/{page}", b"project=x&job=y", headers)[0] == 403
    own = {"Origin": f"http://127.0.0.1:{service.port}", "Sec-Fetch-Site": "same-origin"}
    assert service.request("POST", f"/{page}", b"", own)[0] != 403 or page.startswith("board")


# -- guesses and crowds --------------------------------------------------------------------------------------------


def test_guesses_are_slowed_and_told_and_lock_nobody_out(service: TinyService) -> None:
    lines = [Line(service) for _ in range(40)]
    for number, line in enumerate(lines):
        guess = b64encode(f"{USER}:Guess-No-{number:05}".encode())
        line.socket.sendall(head(b"GET", b"/daemonstatus.json", b"Authorization: Basic " + guess))
    found: list[bytes] = []
    threads = [threading.Thread(target=lambda line=line: found.append(line.read()[:16])) for line in lines]
    for thread in threads:
        thread.start()
    assert service.ask("daemonstatus.json")["status"] == "ok"
    for line, thread in zip(lines, threads, strict=True):
        thread.join()
        line.close()
    assert set(found) == {b"HTTP/1.1 401 Una", b"HTTP/1.1 429 Too"}
    told = [line for line in service.log.splitlines() if "a sign-in was refused" in line]
    assert "from 127.0.0.1, " in told[0]
    assert 10 < len(told) < 30
    assert "Guess-No-" not in service.log
    # Behind a proxy on this machine, the proxy says who it was.
    service.request("GET", "/", headers={"X-Forwarded-For": "1.2.3.4, 203.0.113.7"}, auth="a:b")
    service.wait_until(lambda: "from 203.0.113.7, 1 since" in service.log, "it is not told")


def test_a_crowd_of_slow_clients(service: TinyService) -> None:
    """More connections than there may be, none of which says what it wants."""
    with ExitStack() as lines:
        crowd = [lines.enter_context(closing(Line(service, b"GET / HT"))) for _ in range(MOST_CONNECTIONS + 50)]
        service.wait_until(lambda: all(line.is_dropped() for line in crowd[:50]), "the first ones still hold a place")
        assert service.ask("daemonstatus.json")["status"] == "ok"
        # Bodies that never come are no better, also of somebody who may send them.
        for _ in range(MOST_CONNECTIONS + 50):
            sent = head(b"POST", b"/schedule.json", SIGNED.strip(), b"Content-Length: 9")
            lines.enter_context(closing(Line(service, sent)))
        assert service.ask("daemonstatus.json")["status"] == "ok"
    assert psutil.pid_exists(service.pid)
