"""What the portals of made-up platforms have in common: a free port, a sign-in form, sessions, a configuration."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, ClassVar, Self
from urllib.parse import parse_qs

import yaml

from sandbox.configuration import LAKE

USER, PASSWORD = "tea@example.com", "right-horse"


class MadeUpPortal(ThreadingHTTPServer):
    """On a free loopback port; `sessions` are those that it has opened. `Workplace` takes it for a sandbox."""

    answers: ClassVar[type[Answers]]
    #: What the configuration's `${…_USERNAME}` and `${…_PASSWORD}` begin with.
    variables: ClassVar[str]
    #: What `Workplace` wants to know of a sandbox.
    shops = ()

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), self.answers)
        self.origin = f"http://127.0.0.1:{self.server_port}"
        self.sessions: set[str] = set()

    def __enter__(self) -> Self:
        Thread(target=self.serve_forever, args=(0.05,)).start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.shutdown()
        self.server_close()

    def environment(self) -> dict[str, str]:
        return {f"{self.variables}_USERNAME": USER, f"{self.variables}_PASSWORD": PASSWORD}

    def configuration(self) -> Mapping[str, Any]:
        """The files of `pipelines_config`: texts, or what is written as YAML."""
        raise NotImplementedError

    def write_config(self, folder: Path) -> Path:
        for name, content in self.configuration().items():
            text = content if isinstance(content, str) else yaml.safe_dump(content, allow_unicode=True, sort_keys=False)
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, "utf-8")
        return folder


class Answers(BaseHTTPRequestHandler):
    """What a portal answers with.

    Attributes:
        form: the page of signing in, which sends `user` and `password`.
        cookie, home: the session's cookie, and where one is led with it.
    """

    form: ClassVar[str]
    cookie: ClassVar[str]
    home: ClassVar[str]
    server: MadeUpPortal

    def body(self) -> str:
        return self.rfile.read(int(self.headers["Content-Length"])).decode()

    def sign_in(self, body: str) -> None:
        """A session for who knows the password; all others see the form again."""
        given = {name: values[0] for name, values in parse_qs(body).items()}
        if given != {"user": USER, "password": PASSWORD}:
            self.send(f"{self.form}<p class=error>Wrong password</p>", "text/html")
            return
        self.server.sessions.add(session := secrets.token_hex(8))
        self.send("", status=303, Location=self.home, **{"Set-Cookie": f"{self.cookie}={session}; Path=/; HttpOnly"})

    def is_signed_in(self) -> bool:
        return any(session in self.headers.get("Cookie", "") for session in self.server.sessions)

    def send(self, text: str, kind: str = "application/json", status: int = 200, **headers: str) -> None:
        body = text.encode()
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""


def as_shown(files: Mapping[str, str], platform: str, portal: Mapping[str, Any]) -> dict[str, Any]:
    """The configuration that a page of the documentation shows, with this server in place of the platform's own."""
    shown = {
        name.removeprefix("pipelines_config/"): text
        for name, text in files.items()
        if name.startswith("pipelines_config/")
    }
    portals = yaml.safe_load(shown["portals.yaml"])
    portals[platform] |= {"download_hosts": ["127.0.0.1"], "requests_per_second": 100, **portal}
    shops = {"shops": yaml.safe_load(shown["shops.yaml"])}
    return {**shown, "portals.yaml": portals, "shops.yaml": shops, "lake.yaml": LAKE}
