"""The portal of docs/recipes.md: a sign-in form, a form with a hidden token that orders a table, and a CSV."""

from __future__ import annotations

import json
import secrets
from collections import Counter
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

from made_up_portal import Answers, MadeUpPortal, as_shown
from page_files import files_on

FILES = files_on("recipes.md")
SALES = [("2026-03-01", f"{10**17 + number}", f"茶 {number}", f"{number}.50") for number in range(5)]
EXPORTS = """<!doctype html><title>Exports</title><form method=post action=/exports>
<input type=hidden name=csrf_token value="{}"><input name=from><input name=to></form>"""


class _TeahouseAnswers(Answers):
    form = """<!doctype html><title>Tea house</title><form method=post action=/sign-in>
<input id=staff name=user><input type=password name=password><button>Sign in</button></form>"""
    cookie, home = "tea_session", "/desk"
    server: TeahouseServer

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        self.server.asked[f"GET {path}"] += 1
        if path == "/sign-in":
            self.send(self.form, "text/html")
        elif not self.is_signed_in():
            self._refuse()
        elif path == "/api/me":
            self.send('{"user": "tea"}')
        elif path == "/exports":
            self.server.tokens.add(token := secrets.token_hex(16))
            self.send(EXPORTS.format(token), "text/html")
        elif path.startswith("/exports/"):
            self._tell(path.rpartition("/")[2])
        elif path.startswith("/files/"):
            rows = [row for row in SALES if row[0] == self.server.exports[path.rpartition("/")[2]]["day"]]
            lines = [",".join(row) + "\r\n" for row in [("day", "order_no", "tea", "amount"), *rows]]
            self.send("".join(lines), "text/csv")
        else:
            self.send("<h1>Desk</h1>", "text/html")

    def do_POST(self) -> None:
        self.server.asked[f"POST {self.path}"] += 1
        body = self.body()
        if self.path == "/sign-in":
            self.sign_in(body)
            return
        given = {name: values[0] for name, values in parse_qs(body).items()}
        if not self.is_signed_in():
            self._refuse()
        elif given.get("csrf_token") not in self.server.tokens or given.get("from") != given.get("to"):
            self.send('{"error": "bad_form"}')
        else:
            day, month, year = given["from"].split(".")
            self.server.exports[number := str(len(self.server.exports) + 71)] = {"day": f"{year}-{month}-{day}"}
            self.send(json.dumps({"export": {"id": int(number)}}))

    def _tell(self, number: str) -> None:
        self.server.looks[number] += 1
        state = ("queued", "running", "ready")[min(self.server.looks[number] - 1, 2)]
        file = f"/files/{number}" if state == "ready" else None
        self.send(json.dumps({"id": int(number), "state": state, "file": file}))

    def _refuse(self) -> None:
        """A page leads to the form; where data is asked for, the answer says it."""
        if self.path.startswith("/exports") and self.path.count("/") == 1 and self.command == "GET":
            self.send("", status=302, Location="/sign-in")
        else:
            self.send('{"error": "signed_out"}')


class TeahouseServer(MadeUpPortal):
    """`asked` counts what was asked for."""

    answers, variables = _TeahouseAnswers, "TEAHOUSE_TEA"

    def __init__(self) -> None:
        super().__init__()
        self.asked: Counter[str] = Counter()
        self.tokens: set[str] = set()
        #: What was ordered, and how often one has looked.
        self.exports: dict[str, dict[str, str]] = {}
        self.looks: Counter[str] = Counter()

    def configuration(self) -> Mapping[str, Any]:
        portal = {"login_url": f"{self.origin}/sign-in", "origin": self.origin, "poll_every_seconds": 0.1}
        return as_shown(FILES, "teahouse", portal)
