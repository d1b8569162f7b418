"""recordings.json: what programs are told of recordings, and how `scrapy record --board` asks for one."""

from __future__ import annotations

from typing import Any, ClassVar
from urllib.parse import urlencode

from shopdata.exceptions import ArgumentError
from shopdata.service.board.record_actions import name_of, refuse_taken
from shopdata.service.json_pages import Arguments, JsonPage
from shopdata.service.recordings.desk import RecordingsDesk
from shopdata.texts import did_you_mean


class RecordingsPage(JsonPage):
    """GET lists those of the last hours, or says with `invite` what came of a link; POST `name` and `shop` makes a link
    for one, of a `period` where that is known."""

    get_names: ClassVar[tuple[str, ...]] = ("invite",)
    post_names: ClassVar[tuple[str, ...]] = ("name", "shop", "period")

    def get(self, arguments: Arguments) -> dict[str, Any]:
        desk = RecordingsDesk(self.inside.recordings)
        if "invite" not in arguments:
            told = desk.running()
            return {
                "recordings": [
                    {"name": name, "shop": shop.id, "user": user, "state": now.state} for name, shop, now, user in told
                ]
            }
        now = desk.invited(arguments["invite"])
        if now is None:
            raise ArgumentError(
                "this link is over", where="invite", todo="Ask for a new one: run `scrapy record NAME --board` again."
            )
        return now

    def post(self, arguments: Arguments) -> dict[str, Any]:
        shop_id = arguments.get("shop", "")
        shops = {shop.id: shop for shop in self.inside.workspace.read_config().shops if shop.enabled}
        if shop_id not in shops:
            raise ArgumentError(
                f"there is no shop {shop_id[:64]!r} that is collected", todo=did_you_mean(shop_id, shops, "Fix it.")
            )
        name = name_of(arguments.get("name", ""), shops[shop_id])
        refuse_taken(name)
        code = RecordingsDesk(self.inside.recordings).invite(name)
        asked = {"name": name, "shop": shop_id, "invite": code}
        if period := arguments.get("period", ""):
            asked["period"] = period[:8]
        return {"invite": code, "path": "record?" + urlencode(asked)}
