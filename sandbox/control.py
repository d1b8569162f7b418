"""The control host: what the class `Sandbox` offers, as JSON for other processes. Loopback only, no token."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from aiohttp import web
from aiohttp.typedefs import Handler

from sandbox.changed import CHANGES
from sandbox.faults import Fault, fault_named

if TYPE_CHECKING:
    from sandbox.server import Sandbox


def control_application(sandbox: Sandbox) -> web.Application:
    """The application of the control host."""
    control = _Control(sandbox)
    app = web.Application(middlewares=[_sentences_for_mistakes])
    app.router.add_get("/state", control.state)
    app.router.add_get("/environment", control.environment)
    app.router.add_get("/records", control.records)
    app.router.add_delete("/records", control.clear_records)
    app.router.add_get("/counters", control.counters)
    app.router.add_get("/truth", control.truth)
    app.router.add_get("/faults", control.faults)
    app.router.add_post("/faults", control.set_fault)
    app.router.add_delete("/faults", control.clear_faults)
    app.router.add_get("/changes", control.changes)
    app.router.add_post("/changes", control.set_changes)
    app.router.add_post("/passwords", control.change_password)
    app.router.add_post("/revisions", control.revise)
    app.router.add_post("/sessions/expire", control.expire_sessions)
    app.router.add_post("/app", control.app)
    app.router.add_post("/codes/expire", control.expire_codes)
    return app


@web.middleware
async def _sentences_for_mistakes(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answers a wrong call with 400 and a sentence."""
    try:
        return await handler(request)
    except (KeyError, ValueError, TypeError) as mistake:
        reason = str(mistake.args[0]) if mistake.args else type(mistake).__name__
        return _json({"error": f"{request.method} {request.path}: {reason}"}, status=400)


class _Control:
    """One handler per operation."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    async def state(self, request: web.Request) -> web.Response:
        """Options, hosts and shops; shops without their passwords."""
        shops = [asdict(shop) for shop in self._sandbox.shops]
        for shop in shops:
            del shop["first_password"]
        return _json({"options": asdict(self._sandbox.options), "hosts": dict(self._sandbox.origins), "shops": shops})

    async def environment(self, request: web.Request) -> web.Response:
        """The variables of `Sandbox.environment`."""
        return _json(self._sandbox.environment())

    async def records(self, request: web.Request) -> web.Response:
        """The requests, optionally of one `shop` or `host`, or those numbered above `after`."""
        query = request.query
        records = self._sandbox.records(query.get("shop"), host=query.get("host"), after=int(query.get("after", "0")))
        return _json({"records": [asdict(record) for record in records]})

    async def clear_records(self, request: web.Request) -> web.Response:
        """Forgets requests and sums."""
        self._sandbox.clear_records()
        return _json({})

    async def counters(self, request: web.Request) -> web.Response:
        """The sums."""
        return _json(asdict(self._sandbox.counters()))

    async def truth(self, request: web.Request) -> web.Response:
        """The report of `shop` and `date`, optionally of a `dataset`, with the faults named in `fault` (repeatable)."""
        faults = tuple(fault_named(name) for name in request.query.getall("fault", []))
        day = dt.date.fromisoformat(request.query["date"])
        truth = self._sandbox.truth(request.query["shop"], day, *faults, dataset=request.query.get("dataset"))
        return _json(asdict(truth))

    async def faults(self, request: web.Request) -> web.Response:
        """All faults there are, each with its sentence and the platforms that can have it, and those that are set."""
        return _json(
            {
                "known": {fault.value: fault.sentence for fault in Fault},
                "platforms": {fault.value: self._sandbox.platforms_with(fault) for fault in Fault},
                "set": [asdict(rule) for rule in self._sandbox.faults()],
            }
        )

    async def set_fault(self, request: web.Request) -> web.Response:
        """Sets a fault: `{"shop", "fault", "times"?, "date"?, "at"?}`."""
        body = await _body(request)
        self._sandbox.set_fault(
            str(body["shop"]),
            fault_named(str(body["fault"])),
            times=None if body.get("times") is None else int(body["times"]),
            date=None if body.get("date") is None else dt.date.fromisoformat(body["date"]),
            at=None if body.get("at") is None else str(body["at"]),
        )
        return _json({})

    async def clear_faults(self, request: web.Request) -> web.Response:
        """Takes back the faults of a `shop`, of a `fault`'s name, or all."""
        name = request.query.get("fault")
        self._sandbox.clear_faults(request.query.get("shop"), None if name is None else fault_named(name))
        return _json({})

    async def changes(self, request: web.Request) -> web.Response:
        """All changes there are, each with its sentence, and those that are on."""
        known = {name: change.sentence for name, change in CHANGES.items()}
        return _json({"known": known, "on": self._sandbox.changes.names()})

    async def set_changes(self, request: web.Request) -> web.Response:
        """From now on the portals have just these changes: `{"changes": […]}`."""
        body = await _body(request)
        self._sandbox.changes.set(*map(str, body["changes"]))
        return _json({})

    async def change_password(self, request: web.Request) -> web.Response:
        """Changes what the portal accepts: `{"shop", "password"}`."""
        body = await _body(request)
        self._sandbox.change_password(str(body["shop"]), str(body["password"]))
        return _json({})

    async def revise(self, request: web.Request) -> web.Response:
        """Revises the figures of a day: `{"shop", "date"}`."""
        body = await _body(request)
        self._sandbox.revise(str(body["shop"]), dt.date.fromisoformat(body["date"]))
        return _json({})

    async def expire_sessions(self, request: web.Request) -> web.Response:
        """Ends the sessions of a shop or of all: `{"shop"?}`."""
        body = await _body(request)
        return _json({"ended": self._sandbox.expire_sessions(body.get("shop"))})

    async def app(self, request: web.Request) -> web.Response:
        """The app of a `shop`'s account: `{"shop", "do": "scan", "bits"}`, or `do` confirm or cancel."""
        body = await _body(request)
        app = self._sandbox.app(str(body["shop"]))
        match body["do"]:
            case "scan":
                app.scan(str(body["bits"]))
            case "confirm":
                app.confirm()
            case "cancel":
                app.cancel()
            case other:
                raise ValueError(f"the app does not know {other!r}; it knows scan, confirm, cancel")
        return _json({})

    async def expire_codes(self, request: web.Request) -> web.Response:
        """Ends the time of all codes."""
        self._sandbox.expire_codes()
        return _json({})


async def _body(request: web.Request) -> dict[str, Any]:
    body = json.loads(await request.text() or "{}")
    if not isinstance(body, dict):
        raise ValueError("expected a JSON object")
    return body


def _json(data: Any, *, status: int = 200) -> web.Response:
    text = json.dumps(data, ensure_ascii=False, default=str)
    return web.Response(text=text, content_type="application/json", charset="utf-8", status=status)
