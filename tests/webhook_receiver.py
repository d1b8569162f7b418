"""Stands in for DingTalk, WeCom and Feishu on loopback: checks what they check, and answers as they answer."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from shopdata.config import Alerts

#: Makes an alerts.yaml with one channel for each of the kinds that it is given.
MakeAlerts = Callable[..., Alerts]

TOKEN = "t0ken-of-the-robot-that-nobody-may-see"
SECRET = "SECsecret-of-the-robot-that-nobody-may-see"

DINGTALK_PATH, WECOM_PATH = "/robot/send", "/cgi-bin/webhook/send"
FEISHU_PATH = f"/open-apis/bot/v2/hook/{TOKEN}"


@dataclass
class Receiver:
    """What was taken, by platform, and how the next questions are answered."""

    port: int = 0
    taken: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    asked: int = 0
    #: Answers that come before the platform's own: (status, body), or a number of seconds to be silent.
    instead: list[tuple[int, bytes] | float] = field(default_factory=list)
    #: A byte now and then in place of an answer.
    drips: bool = False
    is_over: threading.Event = field(default_factory=threading.Event)

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def url(self, kind: str) -> str:
        """The webhook of a platform; apprise's `json://` for the rest."""
        return {
            "dingtalk": f"{self.origin}{DINGTALK_PATH}?access_token={TOKEN}",
            "wecom": f"{self.origin}{WECOM_PATH}?key={TOKEN}",
            "feishu": f"{self.origin}{FEISHU_PATH}",
            "apprise": f"json://127.0.0.1:{self.port}/apprise/{TOKEN}",
        }[kind]

    def texts(self) -> list[str]:
        """The markdown of all messages that were taken, with their headlines."""
        return [text_of(kind, body) for kind, body in self.taken]


def text_of(kind: str, body: dict[str, Any]) -> str:
    """What a person reads of a message."""
    if kind == "dingtalk":
        return body["markdown"]["text"]
    if kind == "wecom":
        return body["markdown"]["content"]
    if kind == "feishu":
        card = body["card"]
        return "\n".join([card["header"]["title"]["content"], *(part["content"] for part in card["elements"])])
    return f"{body['title']}\n{body['message']}"


@contextmanager
def webhook_receiver() -> Iterator[Receiver]:
    """One receiver on a free port."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            receiver.asked += 1
            content = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if receiver.drips:
                self.send_response(200)
                self.end_headers()
                while not receiver.is_over.wait(0.05):
                    try:
                        self.wfile.write(b" ")
                    except OSError:
                        return
                return
            if receiver.instead:
                answer = receiver.instead.pop(0)
                if isinstance(answer, tuple):
                    self._answer(*answer)
                    return
                receiver.is_over.wait(answer)
                return
            parts = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            kind, verdict = _judge(parts.path, query, content)
            if verdict is None:
                receiver.taken.append((kind, json.loads(content)))
            self._answer(200, json.dumps(verdict or _WELL.get(kind, {})).encode())

        def _answer(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield receiver
    finally:
        receiver.is_over.set()
        server.shutdown()
        thread.join()
        server.server_close()


_WELL: dict[str, dict[str, Any]] = {
    "dingtalk": {"errcode": 0, "errmsg": "ok"},
    "wecom": {"errcode": 0, "errmsg": "ok"},
    "feishu": {"StatusCode": 0, "StatusMessage": "success", "code": 0, "data": {}, "msg": "success"},
}


def _judge(path: str, query: dict[str, str], content: bytes) -> tuple[str, dict[str, Any] | None]:
    """The platform, and its refusal if it refuses."""
    body = json.loads(content)
    if path == DINGTALK_PATH:
        return "dingtalk", _dingtalk(query, body, len(content))
    if path == WECOM_PATH:
        return "wecom", _wecom(query, body)
    if path == FEISHU_PATH:
        return "feishu", _feishu(body, len(content))
    return "apprise", None


def _dingtalk(query: dict[str, str], body: dict[str, Any], size: int) -> dict[str, Any] | None:
    if query.get("access_token") != TOKEN:
        return {"errcode": 300001, "errmsg": f"token {query.get('access_token')} is not exist"}
    wanted = hmac.new(SECRET.encode(), f"{query.get('timestamp')}\n{SECRET}".encode(), hashlib.sha256).digest()
    is_fresh = abs(time.time() * 1000 - int(query.get("timestamp", 0))) < 3_600_000
    if query.get("sign") != base64.b64encode(wanted).decode() or not is_fresh:
        return {"errcode": 310000, "errmsg": f"sign not match, more: [access_token={TOKEN}]"}
    if size > 20_000:
        return {"errcode": 460101, "errmsg": "message too long, exceed 20000 bytes"}
    if body.get("msgtype") != "markdown" or not body["markdown"]["title"] or not body["markdown"]["text"]:
        return {"errcode": 400105, "errmsg": "unsupported msgtype"}
    return None


def _wecom(query: dict[str, str], body: dict[str, Any]) -> dict[str, Any] | None:
    if query.get("key") != TOKEN:
        return {"errcode": 93000, "errmsg": "invalid webhook url, hint: [1], from ip: 127.0.0.1"}
    if body.get("msgtype") != "markdown":
        return {"errcode": 40008, "errmsg": "invalid message type"}
    if len(body["markdown"]["content"].encode()) > 4096:
        return {"errcode": 40058, "errmsg": "markdown.content exceed max length 4096"}
    return None


def _feishu(body: dict[str, Any], size: int) -> dict[str, Any] | None:
    wanted = hmac.new(f"{body.get('timestamp')}\n{SECRET}".encode(), b"", hashlib.sha256).digest()
    is_fresh = abs(time.time() - int(body.get("timestamp", 0))) < 3600
    if body.get("sign") != base64.b64encode(wanted).decode() or not is_fresh:
        return {"code": 19021, "msg": "sign match fail or timestamp is not within one hour from current time"}
    if size > 20_000 or body.get("msg_type") != "interactive" or not body["card"]["elements"]:
        return {"code": 9499, "msg": "Bad Request", "data": {}}
    return None
