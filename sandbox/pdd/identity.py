"""Pinduoduo's cheap calls: is anybody signed in, and who (docs/portals.md 1.3). None of them needs a signature."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aiohttp import web

from sandbox.common_faults import common_fault_for
from sandbox.faults import Fault
from sandbox.pdd.answers import Call, json_answer
from sandbox.pdd.mall import Mall, mall_of
from sandbox.pdd.request_guard import RequestGuard
from sandbox.pdd.session import PddSessions
from sandbox.portal import PortalPart, Stage

CHECK_PATH = "/janus/api/checkLogin"
USER_PATHS = ("/janus/api/userinfo", "/janus/api/new/userinfo")
MALL_PATH = "/earth/api/mallInfo/commonMallInfo"
CREDENTIAL_PATH = "/earth/api/mallInfo/querySimpleCredential"
CALL = Call("identity", is_camel=True, success_code=1000000)


class PddIdentity(PortalPart):
    """The handlers of these calls."""

    calls = {CHECK_PATH: "check"} | dict.fromkeys((*USER_PATHS, MALL_PATH, CREDENTIAL_PATH), CALL.name)

    def __init__(self, stage: Stage, sessions: PddSessions, guard: RequestGuard) -> None:
        self._stage = stage
        self._sessions = sessions
        self._guard = guard

    def add_routes(self, app: web.Application) -> None:
        """Adds the paths to the application of the one host."""
        # docs/portals.md 1.3 [C 5]: both methods were seen.
        app.router.add_get(CHECK_PATH, self._check)
        app.router.add_post(CHECK_PATH, self._check)
        for path in USER_PATHS:
            app.router.add_post(path, self._user)
        app.router.add_get(MALL_PATH, self._mall)
        app.router.add_get(CREDENTIAL_PATH, self._credential)

    async def _check(self, request: web.Request) -> web.Response:
        caller = self._sessions.shop_of(request)
        if (obstacle := await common_fault_for(self._stage, caller, "check", None)) is not None:
            return obstacle
        shop = self._sessions.live_shop_for_data(request, "check", None)
        is_signed_in = shop is not None and not self._stage.faults.take(shop.id, Fault.LOGIN_FALSE, at="check")
        body: dict[str, Any] = {
            # docs/portals.md 1.3 [S]: one sample had `success:false` beside the boolean; here every second shop has.
            "success": shop is None or shop.number % 2 == 1,
            "errorCode": 1000000,
            "errorMsg": None,
            "result": {"login": is_signed_in},
        }
        return json_answer(body)

    async def _user(self, request: web.Request) -> web.Response:
        # The names of these fields were not recorded, but for mall_id. [A]
        return await self._answer(
            request, lambda mall: {"id": mall.user_id, "username": mall.username, "mall_id": mall.mall_id}
        )

    async def _mall(self, request: web.Request) -> web.Response:
        # The names of these fields are those of querySimpleCredential. [A]
        return await self._answer(request, lambda mall: {"mallId": mall.mall_id, "mallName": mall.name})

    async def _credential(self, request: web.Request) -> web.Response:
        # docs/portals.md 1.3 [C 2]
        return await self._answer(
            request, lambda mall: {"merchantMainSimpleVO": {"mallId": mall.mall_id, "mallName": mall.name}}
        )

    async def _answer(self, request: web.Request, describe: Callable[[Mall], dict[str, Any]]) -> web.Response:
        shop = await self._guard.enter(request, CALL, None)
        if isinstance(shop, web.Response):
            return shop
        is_other = self._sessions.is_of_other_shop(request, shop)
        mall = mall_of(self._stage.options.seed, shop, is_other=is_other)
        return CALL.success(describe(mall))
