"""The portal of docs/recipes.md: a sign-in form, a form with a hidden token that orders a table, and a CSV."""

from __future__ import annotations

import json
import secrets
from collections import Counter
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, Self
from urllib.parse import parse_qs

import yaml

USER, PASSWORD = "tea@example.com", "right-horse"
SALES = [("2026-03-01", f"{10**17 + number}", f"茶 {number}", f"{number}.50") for number in range(5)]
FORM = """<!doctype html><title>Tea house</title><form method=post action=/sign-in>
<input id=staff name=user><input type=password name=password><button>Sign in</button></form>"""
EXPORTS = """<!doctype html><title>Exports</title><form method=post action=/exports>
<input type=hidden name=csrf_token value="{}"><input name=from><input name=to></form>"""


class TeahouseServer(ThreadingHTTPServer):
    """On a free loopback port; `asked` counts what was asked for."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answers)
        self.asked: Counter[str] = Counter()
        self.sessions: set[str] = set()
        self.tokens: set[str] = set()
        #: What was ordered, and how often one has looked.
        self.exports: dict[str, dict[str, str]] = {}
        self.looks: Counter[str] = Counter()
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
        return {"TEAHOUSE_TEA_USERNAME": USER, "TEAHOUSE_TEA_PASSWORD": PASSWORD}

    def write_config(self, folder: Path, files: Mapping[str, str], lake: Mapping[str, Any]) -> Path:
        """The configuration of the page, with this server in place of the tea house's hosts."""
        portals = yaml.safe_load(files["pipelines_config/portals.yaml"])
        portals["teahouse"] |= {
            "login_url": f"{self.origin}/sign-in",
            "origin": self.origin,
            "download_hosts": ["127.0.0.1"],
            "requests_per_second": 100,
            "poll_every_seconds": 0.1,
        }
        written = {
            "portals.yaml": portals,
            "shops.yaml": {"shops": yaml.safe_load(files["pipelines_config/shops.yaml"])},
            "lake.yaml": lake,
        }
        for name in ("datasets", "recipes"):
            (folder / name).mkdir(parents=True)
            file = f"{name}/teahouse_sales.yaml"
            (folder / file).write_text(files[f"pipelines_config/{file}"], "utf-8")
        for name, content in written.items():
            (folder / name).write_text(yaml.safe_dump(content, allow_unicode=True), "utf-8")
        return folder


class _Answers(BaseHTTPRequestHandler):
    server: TeahouseServer

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        self.server.asked[f"GET {path}"] += 1
        if path == "/sign-in":
            self._send(200, FORM, "text/html")
        elif not self._is_signed_in():
            self._refuse()
        elif path == "/api/me":
            self._send(200, '{"user": "tea"}')
        elif path == "/exports":
            self.server.tokens.add(token := secrets.token_hex(16))
            self._send(200, EXPORTS.format(token), "text/html")
        elif path.startswith("/exports/"):
            self._tell(path.rpartition("/")[2])
        elif path.startswith("/files/"):
            rows = [row for row in SALES if row[0] == self.server.exports[path.rpartition("/")[2]]["day"]]
            self._send(
                200,
                "".join(",".join(row) + "\r\n" for row in [("day", "order_no", "tea", "amount"), *rows]),
                "text/csv",
            )
        else:
            self._send(200, "<h1>Desk</h1>", "text/html")

    def do_POST(self) -> None:
        self.server.asked[f"POST {self.path}"] += 1
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        given = {name: values[0] for name, values in parse_qs(body).items()}
        if self.path == "/sign-in":
            if given != {"user": USER, "password": PASSWORD}:
                self._send(200, f"{FORM}<p class=error>Wrong password</p>", "text/html")
                return
            self.server.sessions.add(session := secrets.token_hex(8))
            self._send(303, "", Location="/desk", **{"Set-Cookie": f"tea_session={session}; Path=/; HttpOnly"})
        elif not self._is_signed_in():
            self._refuse()
        elif given.get("csrf_token") not in self.server.tokens or given.get("from") != given.get("to"):
            self._send(200, '{"error": "bad_form"}')
        else:
            day, month, year = given["from"].split(".")
            self.server.exports[number := str(len(self.server.exports) + 71)] = {"day": f"{year}-{month}-{day}"}
            self._send(200, json.dumps({"export": {"id": int(number)}}))

    def _tell(self, number: str) -> None:
        self.server.looks[number] += 1
        state = ("queued", "running", "ready")[min(self.server.looks[number] - 1, 2)]
        self._send(
            200,
            json.dumps({"id": int(number), "state": state, "file": f"/files/{number}" if state == "ready" else None}),
        )

    def _is_signed_in(self) -> bool:
        return any(session in self.headers.get("Cookie", "") for session in self.server.sessions)

    def _refuse(self) -> None:
        """A page leads to the form; where data is asked for, the answer says it."""
        if self.path.startswith("/exports") and self.path.count("/") == 1 and self.command == "GET":
            self._send(302, "", Location="/sign-in")
        else:
            self._send(200, '{"error": "signed_out"}')

    def _send(self, status: int, text: str, kind: str = "application/json", **headers: str) -> None:
        body = text.encode()
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""
