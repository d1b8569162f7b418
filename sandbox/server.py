"""The class `Sandbox`: portals on loopback ports, in a thread and event loop of their own."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
import secrets
import shutil
import tempfile
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from functools import cache, partial
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Any, Self

from aiohttp import web

from sandbox import configuration
from sandbox.changes import ChangeBoard, Door, as_changed
from sandbox.codes import App, Codes
from sandbox.control import control_application
from sandbox.faults import EVERY_SHOP, Fault, FaultBoard, FaultRule, fault_named
from sandbox.hosts import listen, recording
from sandbox.jd import SandboxJd
from sandbox.options import SandboxOptions
from sandbox.pdd import SandboxPdd
from sandbox.portal import ADDRESS, SandboxPortal, Stage
from sandbox.recorded import Question, as_recorded, by_question, hosts_of, read_recordings
from sandbox.records import Counters, Record, Records
from sandbox.truth import Truth
from sandbox.world import SandboxShop, World

logger = logging.getLogger(__name__)

# A platform joins the sandbox by standing here.
PORTALS: tuple[type[SandboxPortal], ...] = (SandboxJd, SandboxPdd)

CONTROL_HOST = "control"
# The hosts that a change can move.
MOVABLE = ("report", "gateway", "storage", "mms_storage")
# How long open connections may still be served when the sandbox stops.
SHUTDOWN_SECONDS = 0.2


class Sandbox:
    """Stand-ins for the portals, to be used as a context manager or by `start` and `stop`.

    All methods may be called from any thread while it runs. `truth`, `environment` and the faults also work before.
    """

    def __init__(self, options: SandboxOptions | None = None, portals: Sequence[type[SandboxPortal]] = PORTALS) -> None:
        self.options = options or SandboxOptions()
        world = World(
            tuple(shop for portal in portals for shop in portal.make_shops(self.options)),
            session_seconds=self.options.session_seconds,
            clock_skew_seconds=self.options.clock_skew_seconds,
            state_file=self.options.state_file,
        )
        # Made when the first file is: a sandbox that is never started leaves nothing behind.
        folder = Path(tempfile.gettempdir(), f"shopdata-sandbox-{secrets.token_hex(8)}")
        self._stage = Stage(self.options, world, FaultBoard(), Records(), folder, Codes(self.options.code_seconds))
        self._portals = {portal.platform: portal(self._stage) for portal in portals}
        for rule in self.options.faults:
            self._add_fault(rule)
        self._stage.changes.set(*self.options.changes)
        self._recordings = read_recordings(self.options.recordings) if self.options.recordings else {}
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping = asyncio.Event()

    # --- life

    def start(self) -> Self:
        """Listens on all ports; returns when every one answers. Raises `OSError` if a port is taken.

        A sandbox is started once; after `stop` make another one.
        """
        if self._thread is not None:
            raise RuntimeError("this sandbox was started before; make another one")
        ready: Future[None] = Future()
        self._thread = threading.Thread(target=self._run, args=(ready,), name="shopdata-sandbox", daemon=True)
        self._thread.start()
        try:
            ready.result()
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """Closes all ports and connections and removes the made files. Does nothing the second time."""
        for portal in self._portals.values():
            portal.close()
        if self._thread is not None and self._thread.is_alive() and self._loop is not None:
            with suppress(RuntimeError):  # it has just ended by itself: a port was taken
                self._loop.call_soon_threadsafe(self._stopping.set)
        if self._thread is not None:
            self._thread.join()
        shutil.rmtree(self._stage.folder, ignore_errors=True)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _run(self, ready: Future[None]) -> None:
        try:
            asyncio.run(self._serve(ready))
        except BaseException as error:
            if not ready.done():
                ready.set_exception(error)
            else:
                logger.exception("the sandbox ended by an error")

    async def _serve(self, ready: Future[None]) -> None:
        self._loop = asyncio.get_running_loop()
        # Workbooks are made in these threads; a few are enough, since Python runs one at a time.
        self._loop.set_default_executor(ThreadPoolExecutor(4, thread_name_prefix="shopdata-sandbox-work"))
        runners: list[web.AppRunner] = []
        try:
            for host, app in self._applications().items():
                runner = web.AppRunner(app, access_log=None, shutdown_timeout=SHUTDOWN_SECONDS)
                runners.append(runner)
                await runner.setup()
                listener = listen(self.options.base_port, len(runners) - 1)
                self._stage.origins[host] = f"http://{ADDRESS}:{listener.getsockname()[1]}"
                await web.SockSite(runner, listener).start()
            # Behind all others, so that those keep their ports: the same hosts, where they are once they have moved.
            for number, (host, runner) in enumerate(zip(list(self._stage.origins), list(runners), strict=True)):
                if host in MOVABLE:
                    listener = listen(self.options.base_port, len(runners) + number)
                    self._stage.moved[host] = f"http://{ADDRESS}:{listener.getsockname()[1]}"
                    await web.SockSite(runner, listener).start()
            ready.set_result(None)
            await self._stopping.wait()
        finally:
            await asyncio.gather(*(runner.cleanup() for runner in runners))

    def _applications(self) -> dict[str, web.Application]:
        apps: dict[str, web.Application] = {}
        for portal in self._portals.values():
            for host, app in portal.applications().items():
                app.middlewares.append(recording(portal, host, self._stage.records))
                door = Door(host, self._stage.origins, self._stage.moved, portal.is_live)
                if recordings := self._recordings.get(portal.platform):
                    given = cache(partial(self._given, portal, recordings))
                    app.middlewares.append(as_recorded(host, given, portal.is_live))
                app.middlewares.append(as_changed(door, self._stage.changes))
                apps[host] = app
        apps[CONTROL_HOST] = control_application(self)
        return apps

    def _given(self, portal: SandboxPortal, recordings: list[dict[str, Any]]) -> dict[Question, dict[str, Any]]:
        return by_question(recordings, hosts_of(portal.settings(), self._stage.origins))

    # --- what there is

    @property
    def origins(self) -> Mapping[str, str]:
        """Each host's name and origin (`http://127.0.0.1:port`), the control host included."""
        return MappingProxyType(self._stage.origins)

    @property
    def moved(self) -> Mapping[str, str]:
        """The origin that each host has that can move, once it has moved."""
        return MappingProxyType(self._stage.moved)

    @property
    def shops(self) -> tuple[SandboxShop, ...]:
        """The shops of all platforms, in the order of shops.yaml."""
        return self._stage.world.shops

    def truth(self, shop_id: str, date: dt.date, *faults: Fault, dataset: str | None = None) -> Truth:
        """The report of a shop and day exactly as it is sent, with the given faults in its contents (default: none).

        `dataset` is by default the first of the shop's platform. A week is that which ends with the day, a month the
        one that holds it.
        """
        shop = self._stage.world.shop(shop_id)
        return self._portal(shop).truths[self._dataset(shop, dataset)](shop, date, faults)

    def prepare(self, date: dt.date, *, dataset: str | None = None) -> None:
        """Makes the files of a day now, for all shops that have the dataset (default: for each shop its first one), so
        that a benchmark does not measure their making."""
        for shop in self.shops:
            portal = self._portal(shop)
            if dataset is None or dataset in portal.truths:
                portal.prepare(self._dataset(shop, dataset), shop, date)

    def sms_code(self, shop_id: str) -> str:
        """The code that the telephone of a shop gets when fault `sms` is set."""
        shop = self._stage.world.shop(shop_id)
        return self._portal(shop).sms_code(shop)

    def app(self, shop_id: str) -> App:
        """The app on the telephone of a shop's account: it scans the code of a login page."""
        return App(self._stage.codes, self._stage.world.shop(shop_id).platform, shop_id)

    def expire_codes(self) -> None:
        """The time of all codes is over that nobody has confirmed."""
        self._stage.codes.expire()

    def _portal(self, shop: SandboxShop) -> SandboxPortal:
        return self._portals[shop.platform]

    def _dataset(self, shop: SandboxShop, asked: str | None) -> str:
        known = tuple(self._portal(shop).truths)
        if asked is not None and asked not in known:
            raise ValueError(f"the sandbox has no dataset {asked!r} for {shop.id}; it has {', '.join(known)}")
        return asked or known[0]

    # --- what can be changed

    def set_fault(
        self,
        shop_id: str,
        fault: Fault | str,
        *,
        times: int | None = None,
        date: dt.date | None = None,
        at: str | None = None,
    ) -> None:
        """Sets a fault of a shop (`*`: of every shop), see `FaultRule` for the limits."""
        self._add_fault(FaultRule(shop_id=shop_id, fault=fault_named(fault), times=times, day=date, at=at))

    def _add_fault(self, rule: FaultRule) -> None:
        """Refuses a rule that could never strike."""
        shops = self.shops if rule.shop_id == EVERY_SHOP else (self._stage.world.shop(rule.shop_id),)
        portals = [
            portal for portal in self._portals.values() if any(shop.platform == portal.platform for shop in shops)
        ]
        able = [portal for portal in portals if rule.fault in portal.faults]
        if not able:
            names = " and ".join(portal.platform for portal in portals)
            raise ValueError(f"fault {rule.fault} of {rule.shop_id}: it is none of platform {names}")
        calls = sorted({call for portal in able for call in portal.calls})
        if rule.at is not None and rule.at not in calls:
            raise ValueError(f"fault {rule.fault} of {rule.shop_id}: no call {rule.at!r}; there are {', '.join(calls)}")
        self._stage.faults.add(rule)

    def clear_faults(self, shop_id: str | None = None, fault: Fault | str | None = None) -> None:
        """Takes back the faults of a shop, of a kind, or all."""
        self._stage.faults.clear(shop_id, None if fault is None else fault_named(fault))

    def faults(self) -> list[FaultRule]:
        """The faults that can still strike."""
        return self._stage.faults.rules()

    @property
    def changes(self) -> ChangeBoard:
        """The portal's facts that are others than they were."""
        return self._stage.changes

    def platforms_with(self, fault: Fault) -> list[str]:
        """The platforms that can have a fault."""
        return [platform for platform, portal in self._portals.items() if fault in portal.faults]

    def revise(self, shop_id: str, date: dt.date) -> None:
        """Makes Pinduoduo's KPI of a shop and day another than it was told before; `truth` tells the new one."""
        if self._stage.world.shop(shop_id).platform != "pdd":
            raise ValueError(f"the sandbox revises figures of Pinduoduo's shops only, not of {shop_id}")
        self._stage.revisions.add(shop_id, date)

    def password(self, shop_id: str) -> str:
        """The password that the portal accepts now."""
        return self._stage.world.password(shop_id)

    def change_password(self, shop_id: str, password: str) -> None:
        """Makes the portal accept another password; live sessions stay alive."""
        self._stage.world.change_password(shop_id, password)

    def open_session(self, shop_id: str) -> list[dict[str, Any]]:
        """Signs a shop in without a browser: the cookies of a new session, as Playwright's storage state has them."""
        shop = self._stage.world.shop(shop_id)
        return self._portal(shop).session_cookies(shop)

    def expire_sessions(self, shop_id: str | None = None) -> int:
        """Ends the sessions of a shop, or of all; returns how many were alive."""
        return self._stage.world.end_sessions(shop_id)

    # --- what was asked

    def records(self, shop_id: str | None = None, *, host: str | None = None, after: int = 0) -> list[Record]:
        """The requests in the order of their arrival; of one shop, of one host, or those numbered above `after`."""
        return self._stage.records.all(shop_id, host, after)

    def devices(self, shop_id: str) -> int:
        """On how many different devices a shop was signed in by its login page."""
        return self._stage.world.devices(shop_id)

    def counters(self) -> Counters:
        """Sums over the requests."""
        return self._stage.records.counters()

    def clear_records(self) -> None:
        """Forgets requests and sums."""
        self._stage.records.clear()

    # --- how to point shopdata at it

    def write_config(self, folder: Path) -> Path:
        """Writes a `pipelines_config` for these shops and ports into the folder and returns it."""
        used = {shop.platform for shop in self.shops}
        portals = [portal for portal in self._portals.values() if portal.platform in used]
        settings = {portal.platform: portal.settings() for portal in portals}
        jobs = [job for portal in portals for job in portal.jobs]
        return configuration.write_config(folder, self._stage.world, settings, jobs)

    def environment(self) -> dict[str, str]:
        """The environment variables that the written configuration refers to, but for those of the store."""
        return configuration.environment(self._stage.world)
