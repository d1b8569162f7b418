"""A back office whose gateway takes only what its own page has signed: the seal is made by the page's script.

It covers method, path and a time, as one of JD's does (docs/portals.md 8.2); of a page that is opened with `?sealed` it
covers the body of an order too.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from importlib import resources
from typing import Any

from made_up_portal import Answers, MadeUpPortal

from sandbox.configuration import LAKE
from sandbox.pdd.signing import WORDS, seal, signed_text, veiled

DAY, SHOWN = "2026-03-01", "2026-03-02"
PAGE = """<!doctype html><title>Board</title><p>Order it by 18:00</p>
<input id=day value="SHOWN"><button id=open>Report</button><dialog id=sure><button id=yes>Order it</button></dialog>
<script>SIGNING
const page = KEY, sign = makeSigner(page);
async function ask(method, path, body) {
    const text = body === undefined ? "" : JSON.stringify(body);
    const headers = { "x-seal": sign(method, path, page.sealed ? text : ""), "content-type": "application/json" };
    return (await fetch(path, { method, headers, body: text || undefined })).json();
}
const day = document.getElementById("day");
document.getElementById("open").onclick = () => document.getElementById("sure").showModal();
document.getElementById("yes").onclick = () => {
    // Twice, as a double click does.
    const body = { table: "sales", start: day.value, range: { end: day.value } };
    for (const _ of [1, 2]) ask("POST", "/gateway/orders", body);
};
ask("GET", "/gateway/orders");
</script>"""


def recipe(name: str, page: str, sign: dict[str, Any]) -> dict[str, Any]:
    """Ordered by the page, found in a list whose signature is borrowed."""
    day = "{start:%Y-%m-%d}"
    create = {
        "POST": "{board.origin}/gateway/orders",
        "sign": sign,
        "json": {"start": day, "range": {"end": day}},
        "ok": {"$.error": "none"},
    }
    find = {
        "GET": "{board.origin}/gateway/orders",
        "sign": {"borrow": ["x-seal"], "for": 600},
        "ok": {"$.error": "none"},
        "rows": "$.rows",
        "id": "id",
        "where": {"day": day},
    }
    status = {"at": "state", "working": ["made"], "done": ["ready"]}
    job = {"job": "order", "create": create, "find": find, "status": status, "take": {"link": "file"}}
    return {
        "recipe": {"version": 1, "dataset": name, "page": page},
        "steps": [job, {"file": "csv", "from": "{order.link}", "session": True}],
    }


PRESS = ["Report", "css:#yes"]
CLICK = {"click": ["Report", "Order it"], "fill": {"#day": "{start:%Y-%m-%d}"}}
RECIPES = {
    "board_rewrite": ("{board.origin}/board", {"rewrite": PRESS}),
    "board_click": ("{board.origin}/board?sealed", CLICK),
    # What is changed after the page has sealed it.
    "board_sealed": ("{board.origin}/board?sealed", {"rewrite": PRESS}),
    # Another day than the one that the page shows.
    "board_shown": ("{board.origin}/board", {"click": ["Report", "Order it"]}),
}


class _SigningAnswers(Answers):
    form = """<!doctype html><title>Board</title><form method=post action=/sign-in>
<input id=user name=user><input type=password name=password><button>Sign in</button></form>"""
    cookie, home = "board_session", "/home"
    server: SigningPortal

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path == "/sign-in":
            self.send(self.form, "text/html")
        elif not self.is_signed_in():
            self._refuse()
        elif path == "/api/me":
            self.send('{"user": "board"}')
        elif path == "/board":
            words = tuple(secrets.randbits(32) for _ in range(WORDS))
            key = {"id": secrets.token_hex(4), "veiled": veiled(words), "sealed": self.path.endswith("?sealed")}
            self.server.keys[str(key["id"])] = words, bool(key["sealed"])
            signing = (resources.files("sandbox.pdd") / "pages/signing.js").read_text("utf-8")
            text = PAGE.replace("SIGNING", signing).replace("KEY", json.dumps(key), 1).replace("SHOWN", SHOWN)
            text = text if self.server.is_double else text.replace("of [1, 2]", "of [1]")
            self.send(text, "text/html")
        elif path == "/gateway/orders":
            if self.server.forgets and self.server.orders:
                self.server.forgets = False
                self.server.keys.clear()
            rows = [
                {"id": number, "day": day, "state": "ready", "file": f"/files/{day}"}
                for number, day in enumerate(self.server.orders)
            ]
            self._gateway("", {"error": "none", "rows": rows})
        elif path.startswith("/files/"):
            self.send("".join(f"{row}\r\n" for row in ("day,n", f"{path[7:]},1", f"{path[7:]},2")), "text/csv")
        else:
            self.send("<h1>Board</h1>", "text/html")

    def do_POST(self) -> None:
        body = self.body()
        if self.path == "/sign-in":
            self.sign_in(body)
        elif not self.is_signed_in():
            self._refuse()
        elif self._gateway(body, {"error": "none"}):
            order = json.loads(body)
            assert order["table"] == "sales"
            assert order["start"] == order["range"]["end"]
            self.server.orders.append(order["start"])

    def _gateway(self, body: str, answer: dict[str, Any]) -> bool:
        """Answers what its page has sealed, and nothing else."""
        token = self.headers.get("x-seal", "")
        number, count, moment = token[2:10], token[10:18], token[18:30]
        words, is_sealed = self.server.keys.get(number, ((), False))
        covered = signed_text(number, count, moment, self.command, self.path, body if is_sealed else "")
        is_good = bool(words) and token[30:] == seal(words, covered)
        if not is_good:
            self.server.refused.append(self.command)
        self.send(json.dumps(answer if is_good else {"error": "-407"}))
        return is_good

    def _refuse(self) -> None:
        if self.path.startswith("/board"):
            self.send("", status=302, Location="/sign-in")
        else:
            self.send('{"error": "signed_out"}')


class SigningPortal(MadeUpPortal):
    """`orders` are the days that were ordered, `refused` what came without a good seal."""

    answers, variables = _SigningAnswers, "BOARD"

    def __init__(self, *, is_double: bool = True) -> None:
        super().__init__()
        #: True if its page sends each order twice.
        self.is_double = is_double
        self.keys: dict[str, tuple[tuple[int, ...], bool]] = {}
        self.orders: list[str] = []
        self.refused: list[str] = []
        #: True once: what pages have sealed so far is good no more.
        self.forgets = False

    def configuration(self) -> Mapping[str, Any]:
        board: dict[str, Any] = {
            "login_url": f"{self.origin}/sign-in",
            "origin": self.origin,
            "home_path": "/home",
            "session_cookies": ["board_session"],
            "download_hosts": ["127.0.0.1"],
            "requests_per_second": 100,
            "poll_every_seconds": 0.1,
            "order_grace_seconds": 0.3,
            "max_orders": 1,
            "login_page": {"username": ["#user"], "submit": ["button:has-text('Sign in')"]},
            "login": {
                "check": "{board.origin}/api/me",
                "alive": {"$.user": "*"},
                "dead": [{"$.error": "signed_out"}],
            },
        }
        shop = {"id": "one", "name": "One", "platform": "board", "username": "${BOARD_USERNAME}"}
        files = {
            "portals.yaml": {"board": board},
            "shops.yaml": {"shops": [{**shop, "password": "${BOARD_PASSWORD}"}]},
            "lake.yaml": LAKE,
        }
        contract = {"title": "Board", "platform": "board", "lag_days": 1, "columns": ["day", "n"], "keys": ["n"]}
        for name, (page, sign) in RECIPES.items():
            files[f"datasets/{name}.yaml"] = {**contract, "required": ["day"], "period_column": "day"}
            files[f"recipes/{name}.yaml"] = recipe(name, page, sign)
        return files
