"""Every request of a shop carries its live session."""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections import Counter, defaultdict
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import urljoin

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http import Response
from scrapy.utils.asyncio import run_in_thread

from shopdata import failpoints, signals
from shopdata.browser.its_loop import on_its_loop
from shopdata.browser.starting import quietly
from shopdata.config import Portal, Shop
from shopdata.crawling.wire import Wire
from shopdata.exceptions import ChallengeError, LedgerError, NeedsPersonError, RiskBlockedError
from shopdata.failpoints import FailPoint
from shopdata.middlewares.retry import is_repeatable, repeated, send_again
from shopdata.middlewares.sign_in import SignIns
from shopdata.sessions.left_alone import is_of_account
from shopdata.sessions.lives import Death, death_of
from shopdata.sessions.restraint import SHORT_LIFE
from shopdata.sessions.session import Session
from shopdata.sessions.sign_in import Identity, PortalAnswer, first_expiry, is_login_page, login_for
from shopdata.sessions.sign_in.risk import answered_as_signed_out, refused_although_new, risk_error
from shopdata.workspace import Workspace

logger = logging.getLogger(__name__)

#: A file as long as this is none that says that a session has ended.
_LONGEST_REFUSAL = 1 << 16


class SessionMiddleware:
    """Gives every request with `meta["shopdata_session"]` the live session of `meta["shopdata_shop"]`.

    A shop signs in once while its other requests wait. A session that turns out dead is renewed once and the same
    request repeated, unless it may do something twice (see RetryMiddleware). Whose session it is, is looked at before
    anything is asked with it.
    """

    def __init__(self, crawler: Crawler, workspace: Workspace) -> None:
        self._crawler = crawler
        self._workspace = workspace
        self._default_agent: str = crawler.settings["USER_AGENT"]
        self._shops = {shop.id: shop for shop in workspace.config.shops}
        self._sign_ins = SignIns(crawler, workspace)
        self._sessions: dict[str, Session] = {}
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        #: Renewals since a shop's last good answer.
        self._renewals: Counter[str] = Counter()
        #: Sessions that look dead by the answer to a request that is sent once.
        self._suspects: dict[str, Session] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> SessionMiddleware:
        middleware = cls(crawler, Workspace.of(crawler))
        crawler.signals.connect(middleware._on_planned, signals.run_planned)
        crawler.signals.connect(middleware._on_signed_in, signals.shop_signed_in)
        return middleware

    # -- a request --------------------------------------------------------------------------------------------------

    async def process_request(self, request: Request) -> None:
        shop_id = request.meta.get("shopdata_shop")
        if not request.meta.get("shopdata_session"):
            if shop_id in self._sessions:
                request.headers["User-Agent"] = self._agent(self._sessions[shop_id])
            return
        shop = self._shops[request.meta["shopdata_shop"]]
        async with self._locks[shop.id]:
            session = self._sessions.get(shop.id)
            if session is None:
                session = self._sessions[shop.id] = await self._saved_or_new(shop)
        request.meta["shopdata_session"] = session
        if request.meta.get("playwright"):
            # The page sees the device that the shop has signed in on.
            device = await run_in_thread(self._workspace.devices.load, shop) or {}
            request.meta["playwright_context_kwargs"] = {
                "kind": self._workspace.config.portal(shop.platform).browser,
                "user_agent": self._agent(session),
                "storage_state": {"cookies": session.cookies(), "origins": device.get("origins", [])},
            }
            return
        request.headers["User-Agent"] = self._agent(session)
        request.headers.pop("Cookie", None)
        cookies = session.cookie_header(request.url)
        if cookies:
            request.headers["Cookie"] = cookies

    def _agent(self, session: Session) -> str:
        """One user agent for the browser and for plain requests: a session must look like one client."""
        return session.user_agent or self._default_agent

    async def process_response(self, request: Request, response: Response) -> Response | Request:
        session = request.meta.get("shopdata_session")
        if not isinstance(session, Session):
            return response
        shop = self._shops[request.meta["shopdata_shop"]]
        portal = self._workspace.config.portal(shop.platform)
        try:
            if await self._is_dead(request, response, shop, portal):
                return await self._renewed(request, response, shop, session)
        except (RiskBlockedError, ChallengeError) as error:
            return await send_again(self._crawler, request, error)
        session.take_cookies(response.url, [v.decode("latin-1") for v in response.headers.getlist("Set-Cookie")])
        if session.is_changed:
            await self._keep(shop, session, portal)
        if not request.meta.get("playwright"):
            # A page that opens is no proof of what is asked through it.
            del self._renewals[shop.id]
            if response.status == 200 and self._workspace.sessions.lives.is_good_due(shop):
                await run_in_thread(self._workspace.sessions.note_good, shop, session)
        if not is_repeatable(request):
            self._suspects.pop(shop.id, None)
        self._on_signed_in(shop.id)
        return response

    async def _keep(self, shop: Shop, session: Session, portal: Portal) -> None:
        """What an answer has changed of a session. The answer is good, whether or not the ledger is there."""
        session.is_changed = False
        try:
            expires_at = first_expiry(session.cookies(), portal)
            await run_in_thread(self._workspace.sessions.update, shop, session, expires_at)
        except LedgerError as error:
            session.is_changed = True
            logger.warning("%s: its session is not saved; retrying with the next answer: %s", shop.id, error)

    async def _is_dead(self, request: Request, response: Response, shop: Shop, portal: Portal) -> bool:
        if request.meta.get("playwright"):
            # A page is HTML also when all is well; what tells is where it ended up.
            is_dead = is_login_page(response.url, portal)
            if is_dead:
                page = response.meta["playwright_page"]
                await quietly(on_its_loop(page, page.context.close()))
            return is_dead
        answer, login = _answer(response), login_for(shop.platform)
        wire: Wire | None = request.meta.get("shopdata_wire")
        is_file = wire is not None and wire.is_file
        if wire is not None and is_file and response.status == 200:
            answer = replace(answer, body=await run_in_thread(_data_of, wire))
        risk = login.risk_in(answer, portal)
        if risk is not None:
            raise risk_error(shop, risk)
        if is_file and response.status == 200 and not answer.body:
            # Not data, since it is a file.
            return answer.is_html
        if request.meta.get("shopdata_opens") or (is_file and answer.location):
            # As of a page in the browser: what tells is where it leads.
            return answer.status == 401 or is_login_page(urljoin(response.url, answer.location), portal)
        return login.is_session_dead(answer, portal)

    async def _renewed(self, request: Request, response: Response, shop: Shop, session: Session) -> Request:
        """The same request once more, with a new session.

        Raises:
            OddAnswerError: it may do something twice.
            SessionRefusedError: it had a new one.
        """
        if not is_repeatable(request):
            await self._suspect(shop, session)
            raise answered_as_signed_out(shop, response.status, _header(response, "Content-Type"))
        async with self._locks[shop.id]:
            # Another request of the shop may have renewed it while this one was under way.
            if self._sessions.get(shop.id) in (None, session):
                if self._renewals[shop.id]:
                    raise refused_although_new(shop)
                await self._forget(shop, session, death_of(_answer(response), session.saved_at))
                self._renewals[shop.id] += 1
        return repeated(request)

    async def _suspect(self, shop: Shop, session: Session) -> None:
        """Drops a session that looks dead a second time by the answer to an order.

        An odd answer alone is no proof, and a sign-in costs more than a question: whoever ordered looks into the list
        next, which tells whether the session lives. Where it does there and not here, it is of no use all the same.
        """
        if self._suspects.get(shop.id) is session:
            async with self._locks[shop.id]:
                await self._forget(shop, session, Death.DROPPED)
        self._suspects[shop.id] = session

    async def _forget(self, shop: Shop, session: Session | None, death: Death) -> None:
        """Drops a dead session, unless another request has renewed it meanwhile; the caller holds the shop's lock."""
        if session is not None and self._sessions.get(shop.id) is session:
            logger.info("%s: the session has ended", shop.id)
            del self._sessions[shop.id]
            await run_in_thread(self._workspace.sessions.drop, shop, session, death)
            if datetime.now(UTC) - session.saved_at >= SHORT_LIFE:
                await run_in_thread(self._workspace.restraint.note_lived, shop)

    # -- a session --------------------------------------------------------------------------------------------------

    async def _saved_or_new(self, shop: Shop) -> Session:
        saved = await self._saved(shop)
        if saved is not None:
            return saved
        async with self._workspace.sessions.lock(shop, self._shops.values()):
            # Another crawl may have signed in while this one waited for the lock; or another shop of this login was
            # refused, with the same password.
            saved = await self._saved(shop)
            if saved is not None:
                return saved
            await run_in_thread(self._workspace.left_alone.refuse, shop)
            try:
                return await self._new(shop)
            except NeedsPersonError as error:
                if is_of_account(error):
                    # Before another shop of the login gets the lock.
                    await run_in_thread(self._workspace.left_alone.keep, shop, error)
                raise

    async def _saved(self, shop: Shop) -> Session | None:
        session = await run_in_thread(self._workspace.sessions.load, shop)
        if session is not None:
            portal = self._workspace.config.portal(shop.platform)
            told_by_cookies = await login_for(shop.platform).identity(session.values(), None, portal)
            await self._check_identity(shop, {**session.identity, **told_by_cookies})
        return session

    async def _new(self, shop: Shop) -> Session:
        new = await self._sign_ins.sign_in(shop)
        await self._check_identity(shop, new.identity)
        failpoints.reach(FailPoint.SESSION_BEFORE)
        saved = await run_in_thread(self._workspace.keep_session, shop, new)
        failpoints.reach(FailPoint.SESSION_AFTER)
        return saved

    async def _check_identity(self, shop: Shop, found: Identity) -> None:
        await run_in_thread(self._workspace.check_identity, shop, found)

    # -- who needs the browser --------------------------------------------------------------------------------------

    def _on_planned(self, todo: list[tuple[str, str]]) -> None:
        self._sign_ins.expect(shop for _, shop in todo)

    def _on_signed_in(self, shop: str) -> None:
        self._sign_ins.settle(shop)


def _answer(response: Response) -> PortalAnswer:
    return PortalAnswer(
        status=response.status,
        url=response.url,
        content_type=_header(response, "Content-Type").lower(),
        location=_header(response, "Location"),
        body=response.body,
    )


def _data_of(wire: Wire) -> bytes:
    """What came in place of a file; nothing where it is one, or is too long to be a refusal."""
    start = b"".join(itertools.islice(wire.raw(_LONGEST_REFUSAL), 1))
    if wire.size > _LONGEST_REFUSAL or (not wire.encodings and start.lstrip()[:1] != b"{"):
        return b""
    whole = wire.whole()
    return whole if whole.lstrip()[:1] == b"{" else b""


def _header(response: Response, name: str) -> str:
    return (response.headers.get(name) or b"").decode("latin-1")
