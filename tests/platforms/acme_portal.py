"""The portal of a made-up platform, as docs/add-a-platform.md has it: a sign-in form, a landing page, paged orders."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from made_up_portal import Answers, MadeUpPortal, as_shown
from page_files import files_on

FILES = files_on("add-a-platform.md")
ORDERS = [{"order_id": f"{10**17 + number}", "item": f"茶 {number}", "amount": number} for number in range(5)]


class _AcmeAnswers(Answers):
    form = """<!doctype html><title>Acme</title><form method=post action=/login>
<input id=user name=user><input type=password name=password><button>Sign in</button></form>"""
    cookie, home = "acme_session", "/home"
    server: AcmeServer

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        if self.path == "/login":
            self.send(self.form, "text/html")
        elif not self.is_signed_in():
            self.send("{}", status=401)
        else:
            self.send('{"user": "tea"}' if self.path == "/api/me" else "<h1>Acme</h1>", "text/html")

    def do_POST(self) -> None:
        self.server.asked.append(self.path)
        body = self.body()
        if self.path == "/login":
            self.sign_in(body)
        elif not self.is_signed_in():
            self.send("{}", status=401)
        else:
            asked = json.loads(body)
            first = (asked["page"] - 1) * asked["size"]
            orders = ORDERS[first : first + asked["size"]] if asked["day"] == "2026-03-01" else []
            self.send(json.dumps({"orders": orders, "total": len(ORDERS)}))


class AcmeServer(MadeUpPortal):
    """`asked` are the paths that were asked for."""

    answers, variables = _AcmeAnswers, "ACME_TEA"

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    def configuration(self) -> Mapping[str, Any]:
        return as_shown(FILES, "acme", {"login_url": f"{self.origin}/login", "origin": self.origin})
