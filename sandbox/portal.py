"""What one platform's half of the sandbox gives to the server, and what it gets from it."""

from __future__ import annotations

import datetime as dt
import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from aiohttp import web

from sandbox.changes import ChangeBoard
from sandbox.codes import Codes
from sandbox.faults import Fault, FaultBoard
from sandbox.options import SandboxOptions
from sandbox.records import Record, Records
from sandbox.revisions import Revisions
from sandbox.truth import Truth
from sandbox.world import SandboxShop, World

ADDRESS = "127.0.0.1"
# What is recorded as the status of a request whose connection ended before the answer.
CLIENT_CLOSED_REQUEST = 499

# What the server puts into each request: its record, and what to call with the status just before the last bytes of
# an answer that a handler sends by itself.
RECORD: web.RequestKey[Record] = web.RequestKey("record", Record)
RECORD_DONE: web.RequestKey[Callable[[int], None]] = web.RequestKey("record_done")


# The report of a shop and day, as it is sent when the given faults are in it.
TruthOf = Callable[[SandboxShop, dt.date, Collection[Fault]], Truth]


@dataclass(frozen=True, slots=True)
class Stage:
    """What all portals of one sandbox share. `origins` (host name: `http://127.0.0.1:port`) is filled at the start, and
    so is `moved`: where each host is once it has moved."""

    options: SandboxOptions
    world: World
    faults: FaultBoard
    records: Records
    folder: Path
    codes: Codes
    revisions: Revisions = field(default_factory=Revisions)
    origins: dict[str, str] = field(default_factory=dict)
    moved: dict[str, str] = field(default_factory=dict)
    changes: ChangeBoard = field(default_factory=ChangeBoard)


class PortalPart:
    """A part of a portal: paths of one host, and the datasets that come from them."""

    calls: Mapping[str, str] = {}
    """Each path that is a kind of call, and which; none for what a browser loads for its pages."""
    jobs: tuple[Mapping[str, Any], ...] = ()
    """What collects its datasets, as schedule.yaml has it."""

    def add_routes(self, app: web.Application) -> None:
        """Adds its paths to the application of the host."""

    def truths(self) -> Mapping[str, TruthOf]:
        """Each of its datasets, and what tells what is in it."""
        return {}


class SandboxPortal(ABC):
    """One platform: its hosts, each an application on a port of its own."""

    platform: ClassVar[str]
    faults: ClassVar[frozenset[Fault]]
    """The faults that it can have."""
    calls: tuple[str, ...]
    """The kinds of calls that a fault can be limited to (`at`)."""
    paced_calls: frozenset[str]
    """Those of them that a client must pace: the data interface, not what a page asks for itself."""
    truths: Mapping[str, TruthOf]
    """The datasets it can report, the first one being the default of `truth` and `prepare`."""
    jobs: tuple[Mapping[str, Any], ...]
    """Its jobs in schedule.yaml."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage

    @staticmethod
    @abstractmethod
    def make_shops(options: SandboxOptions) -> tuple[SandboxShop, ...]:
        """The shops that this platform has under these options."""

    @abstractmethod
    def applications(self) -> Mapping[str, web.Application]:
        """A new application for each of `hosts`."""

    @abstractmethod
    def shop_of(self, request: web.Request) -> SandboxShop | None:
        """The shop that a request belongs to, as far as its address and cookies tell, session alive or not."""

    @abstractmethod
    def is_live(self, request: web.Request) -> bool:
        """Says whether a request carries a live session."""

    @abstractmethod
    def call_of(self, host: str, path: str) -> str | None:
        """Which of `calls` a request is; None for what a browser loads for its pages."""

    @abstractmethod
    def settings(self) -> dict[str, Any]:
        """This platform's part of `portals.yaml`."""

    def prepare(self, dataset: str, shop: SandboxShop, day: dt.date) -> None:  # noqa: B027 - small ones are made when asked for
        """Makes the report's file now, so that the first download does not wait for it."""

    @abstractmethod
    def session_cookies(self, shop: SandboxShop) -> list[dict[str, Any]]:
        """The cookies of a new session, in the form of Playwright's storage state."""

    @abstractmethod
    def sms_code(self, shop: SandboxShop) -> str:
        """The code that the shop's telephone gets."""

    def close(self) -> None:  # noqa: B027 - most do nothing in other threads
        """Ends work in other threads, if there is any; called when the sandbox stops."""


def daily_job(dataset: str, cron: str) -> Mapping[str, Any]:
    """The job of a dataset whose spider is named like it."""
    return {"name": dataset, "spider": dataset, "cron": cron}


def note_shop(request: web.Request, shop: SandboxShop) -> None:
    """Notes whose a request is, where only its body tells."""
    request[RECORD].shop_id, request[RECORD].account = shop.id, shop.username


async def json_body(request: web.Request) -> dict[str, Any]:
    """The body of a call; empty if it is no JSON object."""
    try:
        body = json.loads(await request.text())
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
