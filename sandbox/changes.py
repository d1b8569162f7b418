"""Portals as if they had changed: a host moved, a key renamed, other words. One name for each fact.

A fault is something that goes wrong and passes. A change is the portal's new way: from then on it is served so to
everybody, consistently, and a client must be told. Most are made at the door, of what goes in and out.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

#: Between two questions of one caller, with the change `pdd_too_fast`.
LEAST_SECONDS = 0.2
#: Does what the changed portal does in place of the handler.
Serve = Callable[["Door", web.Request, Handler], Awaitable[web.StreamResponse]]


@dataclass(frozen=True)
class Change:
    """One fact that is another now, and on which hosts."""

    name: str
    sentence: str
    hosts: tuple[str, ...]
    #: None where the portal's own parts ask whether it is on.
    serve: Serve | None = None


@dataclass
class ChangeBoard:
    """The changes that are on. Safe to use from several threads."""

    _on: set[str] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def is_on(self, name: str) -> bool:
        """Says whether the portal has changed so."""
        with self._lock:
            return name in self._on

    def set(self, *names: str) -> None:
        """From now on the portals have just these changes. Raises `ValueError` with the names there are."""
        from sandbox.changed import CHANGES

        for name in names:
            if name not in CHANGES:
                raise ValueError(f"the sandbox has no change {name!r}; it has {', '.join(CHANGES)}")
        with self._lock:
            self._on = set(names)

    def names(self) -> list[str]:
        """Those that are on."""
        with self._lock:
            return sorted(self._on)

    @contextmanager
    def only(self, *names: str) -> Iterator[None]:
        """For the length of the block the portals have just these."""
        self.set(*names)
        try:
            yield
        finally:
            self.set()


@dataclass
class Door:
    """One host's door.

    Args:
        origins: of all hosts: where they are, and where they are once they have moved.
        is_live: says whether a request has a live session.
    """

    host: str
    origins: Mapping[str, str]
    moved: Mapping[str, str]
    is_live: Callable[[web.Request], bool]
    #: When each caller asked last, for the pace.
    last: dict[str, float] = field(default_factory=dict)
    #: What each session calls its browser.
    agents: dict[str, str] = field(default_factory=dict)


def as_changed(door: Door, board: ChangeBoard) -> Middleware:
    """A middleware that serves a host with the changes that are on."""

    @web.middleware
    async def serve(request: web.Request, handler: Handler) -> web.StreamResponse:
        from sandbox.changed import CHANGES

        for name in board.names():
            change = CHANGES[name]
            if change.serve is not None and door.host in change.hosts:
                handler = _wrapped(door, change.serve, handler)
        return await handler(request)

    return serve


def _wrapped(door: Door, serve: Serve, handler: Handler) -> Handler:
    async def wrapped(request: web.Request) -> web.StreamResponse:
        return await serve(door, request, handler)

    return wrapped


# -- what changes are made of --


def answers(path: str, edit: Callable[[Any], Any], method: str = "") -> Serve:
    """The JSON that a path answers with, edited; `edit` gives what it becomes, or None for what it got."""

    async def serve(door: Door, request: web.Request, handler: Handler) -> web.StreamResponse:
        response = await handler(request)
        if request.path != path or (method and request.method != method):
            return response
        if not isinstance(response, web.Response) or response.content_type != "application/json":
            return response
        data = json.loads(response.text or "null")
        edited = edit(data)
        return web.json_response(data if edited is None else edited, status=response.status)

    return serve


def texts(replace: Mapping[str, str]) -> Serve:
    """Pages with other texts in them, wherever those stand."""

    async def serve(door: Door, request: web.Request, handler: Handler) -> web.StreamResponse:
        response = await handler(request)
        if isinstance(response, web.Response) and response.content_type == "text/html" and response.text:
            text = response.text
            for old, new in replace.items():
                text = text.replace(old, new)
            response.text = text
        return response

    return serve


async def served_as(request: web.Request, path: str) -> web.StreamResponse:
    """What another path of the same host answers."""
    inner = request.clone(rel_url=request.rel_url.with_path(path).with_query(request.query))
    found = await request.app.router.resolve(inner)
    inner._match_info = found
    return await found.handler(inner)


def path_moved(old: str, new: str, *, is_redirected: bool = False) -> Serve:
    """What was at one path is at another; the old one is gone, or leads there."""

    async def serve(door: Door, request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path == new:
            return await served_as(request, old)
        if request.path == old:
            if is_redirected:
                return web.Response(status=302, headers={"Location": new})
            return web.Response(status=404)
        return await handler(request)

    return serve


async def host_moved(door: Door, request: web.Request, handler: Handler) -> web.StreamResponse:
    """The old host leads to the new one, whatever is asked."""
    port = request.transport.get_extra_info("sockname")[1] if request.transport is not None else 0
    if door.origins[door.host].endswith(f":{port}"):
        return web.Response(status=301, headers={"Location": f"{door.moved[door.host]}{request.path_qs}"})
    return await handler(request)


def too_fast(*paths: str) -> Serve:
    """Who asks for one of these within a fifth of a second after another one is refused."""

    async def serve(door: Door, request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path in paths:
            caller, now = request.headers.get("Cookie", ""), time.monotonic()
            before = door.last.get(caller, 0.0)
            door.last[caller] = now
            if now - before < LEAST_SECONDS:
                return web.Response(status=429, headers={"Retry-After": "1"})
        return await handler(request)

    return serve
