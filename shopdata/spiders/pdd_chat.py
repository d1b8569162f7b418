"""PDD 拼多多: customer-service chat records (多多客服 > 聊天记录查询)."""

from __future__ import annotations

from typing import Any

from scrapy.utils.asyncio import run_in_thread

from shopdata.config import Shop
from shopdata.crawling import Page, PagedRows, Room
from shopdata.items import ReportFile
from shopdata.lake.chat import ChatFile, conversation_rows
from shopdata.periods import Period
from shopdata.platforms.pdd.spider import PddSpider, Post

USERS_PATH = "/latitude/search/message/getMessagesUsers"
MESSAGES_PATH = "/latitude/search/message/getMessages"
PAGE_SIZE = 20


class PddChatSpider(PddSpider):
    """Every conversation of a day and all its messages, asked through the page's signing (docs/portals.md 2, 3.2)."""

    name = "pdd_chat"

    async def collect(self, shop: Shop, period: Period) -> ReportFile:
        item = self.report_file(shop, period)
        is_masked = self.workspace.config.dataset(item.dataset).privacy == "mask"
        about = {"dataset": item.dataset, "dt": item.dt, "shop": shop.id}
        with ChatFile(item.path, about, is_masked=is_masked) as file:
            async with self.signed_page(shop, self.portal.chat_page_path) as post:
                users = await self._read(post, shop, period, USERS_PATH, "convUsers", "uid", {"keywords": ""})
                for number, user in enumerate(users, start=1):
                    uid = str(user["uid"])
                    if file.has(uid):
                        continue
                    self.step(shop, period, f"conversation {number}/{len(users)}")
                    asked = {"uid": user["uid"]}
                    room = Room.of(self.portal, file.rows, file.size)
                    messages = await self._read(post, shop, period, MESSAGES_PATH, "contentList", "msg_id", asked, room)
                    await run_in_thread(file.add, uid, conversation_rows(user, messages))
        return item

    async def _read(
        self,
        post: Post,
        shop: Shop,
        period: Period,
        path: str,
        rows_key: str,
        id_key: str,
        asked: dict[str, Any],
        room: Room | None = None,
    ) -> PagedRows:
        async def ask(number: int) -> Page:
            body = {
                **asked,
                "pageNum": number,
                "pageSize": PAGE_SIZE,
                "startTime": int(period.start_time.timestamp()),
                "endTime": int(period.end_time.timestamp()),
            }
            needed = id_key if id_key == "uid" else ""
            return Page.from_result(await post(path, body), rows_key, "total", f"shop {shop.id!r}, {path}", needed)

        return await self.read_pages(shop, period, id_key, PAGE_SIZE, ask, room)
