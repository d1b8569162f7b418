"""signins.json: what programs are told of sign-ins from the board, and how `scrapy login --board` asks for one."""

from __future__ import annotations

from typing import Any, ClassVar
from urllib.parse import quote

from shopdata.exceptions import ArgumentError
from shopdata.service.json_pages import Arguments, JsonPage
from shopdata.service.sign_ins.desk import Desk
from shopdata.texts import did_you_mean

_LATEST = 50


class SignInsPage(JsonPage):
    """GET lists the last ones, or says with `invite` what came of a link; POST `shop` makes a link for one sign-in."""

    get_names: ClassVar[tuple[str, ...]] = ("invite",)
    post_names: ClassVar[tuple[str, ...]] = ("shop",)

    def get(self, arguments: Arguments) -> dict[str, Any]:
        desk = Desk(self.inside.sign_ins)
        if "invite" not in arguments:
            return {"sign_ins": list(desk.latest(_LATEST))}
        now = desk.invited(arguments["invite"])
        if now is None:
            raise ArgumentError(
                "this link is over", where="invite", todo="Ask for a new one: run `scrapy login SHOP --board` again."
            )
        return now

    def post(self, arguments: Arguments) -> dict[str, Any]:
        shop_id = arguments.get("shop", "")
        shops = [shop.id for shop in self.inside.workspace.read_config().shops if shop.enabled]
        if shop_id not in shops:
            raise ArgumentError(
                f"there is no shop {shop_id[:64]!r} that is collected", todo=did_you_mean(shop_id, shops, "Fix it.")
            )
        code = Desk(self.inside.sign_ins).invite(shop_id)
        return {"invite": code, "path": f"sessions/{quote(shop_id, safe='')}/live?invite={code}"}
