"""The portal of a made-up platform, as docs/add-a-platform.md has it: a sign-in form, a landing page, paged orders."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, Self
from urllib.parse import parse_qs

import yaml

USER, PASSWORD = "tea@example.com", "right-horse"
ORDERS = [{"order_id": f"{10**17 + number}", "item": f"茶 {number}", "amount": number} for number in range(5)]
FORM = """<!doctype html><title>Acme</title><form method=post action=/login>
<input id=user name=user><input type=password name=password><button>Sign in</button></form>"""


class AcmeServer(ThreadingHTTPServer):
    """On a free loopback port; `asked` are the paths that were asked for."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answers)
        self.asked: list[str] = []
        self.sessions: set[str] = set()
        self.origin = f"http://127.0.0.1:{self.server_port}"
        # What `Workplace` wants to know of a sandbox.
        self.shops: tuple[()] = ()

    def __enter__(self) -> Self:
        Thread(target=self.serve_forever, args=(0.05,)).start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.shutdown()
        self.server_close()

    def environment(self) -> dict[str, str]:
        return {"ACME_TEA_USERNAME": USER, "ACME_TEA_PASSWORD": PASSWORD}

    def write_config(self, folder: Path, files: Mapping[str, str], lake: Mapping[str, Any]) -> Path:
        """The configuration of the page, with this server in place of Acme's hosts."""
        portals = yaml.safe_load(files["pipelines_config/portals.yaml"])
        portals["acme"] |= {
            "login_url": f"{self.origin}/login",
            "origin": self.origin,
            "download_hosts": ["127.0.0.1"],
            "requests_per_second": 100,
        }
        written = {
            "portals.yaml": portals,
            "shops.yaml": {"shops": yaml.safe_load(files["pipelines_config/shops.yaml"])},
            "lake.yaml": lake,
        }
        (folder / "datasets").mkdir(parents=True)
        for name, content in written.items():
            (folder / name).write_text(yaml.safe_dump(content, allow_unicode=True), "utf-8")
        (folder / "datasets" / "acme_orders.yaml").write_text(
            files["pipelines_config/datasets/acme_orders.yaml"], "utf-8"
        )
        return folder


class _Answers(BaseHTTPRequestHandler):
    server: AcmeServer

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        if self.path == "/login":
            self._send(200, FORM, "text/html")
        elif not self._is_signed_in():
            self._send(401, "{}")
        else:
            self._send(200, '{"user": "tea"}' if self.path == "/api/me" else "<h1>Acme</h1>", "text/html")

    def do_POST(self) -> None:
        self.server.asked.append(self.path)
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        if self.path == "/login":
            given = {name: values[0] for name, values in parse_qs(body).items()}
            if given != {"user": USER, "password": PASSWORD}:
                self._send(200, f"{FORM}<p class=error>Wrong password</p>", "text/html")
                return
            self.server.sessions.add(session := secrets.token_hex(8))
            self._send(303, "", Location="/home", **{"Set-Cookie": f"acme_session={session}; Path=/; HttpOnly"})
        elif not self._is_signed_in():
            self._send(401, "{}")
        else:
            asked = json.loads(body)
            first = (asked["page"] - 1) * asked["size"]
            orders = ORDERS[first : first + asked["size"]] if asked["day"] == "2026-03-01" else []
            self._send(200, json.dumps({"orders": orders, "total": len(ORDERS)}))

    def _is_signed_in(self) -> bool:
        return any(session in self.headers.get("Cookie", "") for session in self.server.sessions)

    def _send(self, status: int, text: str, kind: str = "application/json", **headers: str) -> None:
        body = text.encode()
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""
