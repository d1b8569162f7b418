"""PDD 拼多多: customer-service chat records (多多客服 > 聊天记录查询)."""

from __future__ import annotations

from functools import partial

from scrapy.utils.asyncio import run_in_thread

from shopdata.config import Shop
from shopdata.crawling.paged_rows import Room
from shopdata.items import ReportFile
from shopdata.periods import Period
from shopdata.platforms.pdd.chat import MESSAGES, USERS, chat_file, conversation_rows
from shopdata.platforms.pdd.spider import PddSpider, times_of


class PddChatSpider(PddSpider):
    """Every conversation of a day and all in it, asked through the page's own signing (docs/portals.md 2, 3.2)."""

    name = "pdd_chat"
    in_browser = True

    async def collect(self, shop: Shop, period: Period) -> ReportFile:
        item = self.report_file(shop, period)
        post = partial(self.post, shop, signed_by=self.portal.chat_page_path)
        with chat_file(item, self.workspace.config) as file:
            users = await self.read_list(shop, period, USERS, post, {"keywords": "", **times_of(period)})
            for number, user in enumerate(users, start=1):
                if file.has(str(user["uid"])):
                    continue
                self.step(shop, period, f"conversation {number}/{len(users)}")
                question = {"uid": user["uid"], **times_of(period)}
                room = Room.of(self.portal, file.rows, file.size)
                messages = await self.read_list(shop, period, MESSAGES, post, question, room)
                await run_in_thread(file.add, str(user["uid"]), conversation_rows(user, messages))
        return item
