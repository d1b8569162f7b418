"""Chat search and chat history: signed calls, pages, and messages in two schemas (docs/portals.md 3.2)."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from aiohttp import web

from sandbox.faults import Fault
from sandbox.options import of_shop
from sandbox.pdd.answers import Call
from sandbox.pdd.chat_contents import ChatKey, ChatMessage, Conversation, agents, conversations, messages
from sandbox.pdd.mall import mall_of
from sandbox.pdd.paged import Found, SandboxList, Window
from sandbox.pdd.request_guard import RequestGuard
from sandbox.portal import PortalPart, Stage, TruthOf, daily_job
from sandbox.truth import Truth
from sandbox.world import SandboxShop

TRUTH_FIELDS = ("uid", "nickname", "msg_id", "time", "role", "csname", "type", "content")
BUYER, STAFF = "user", "mall_cs"
# One message, and the conversation that it is of.
Entry = tuple[Conversation, ChatMessage]


class PddChatUsers(PortalPart):
    """The shop's service accounts."""

    call = Call("users", is_camel=False, success_code=0)
    path = "/chats/getMallUsers"
    calls: Mapping[str, str] = {path: call.name}

    def __init__(self, stage: Stage, guard: RequestGuard) -> None:
        self._stage = stage
        self._guard = guard

    def add_routes(self, app: web.Application) -> None:
        """Adds the path to the application of the back office."""
        app.router.add_get(self.path, self._answer)

    async def _answer(self, request: web.Request) -> web.Response:
        shop = await self._guard.enter(request, self.call, None)
        if isinstance(shop, web.Response):
            return shop
        # docs/portals.md 3.2 [S] names the list; that it is inside `result` is an inference. [A]
        staff = [
            {"mmsId": agent.mms_id, "username": agent.username} for agent in agents(self._stage.options.seed, shop.id)
        ]
        return self.call.success({"userList": staff})


class _ChatList(SandboxList):
    """A list of conversations or messages. docs/portals.md 2: chat search is signed by all known callers [C 3]."""

    # docs/portals.md 3.2 [S]
    max_days = 31

    def of_day(self, shop: SandboxShop, day: dt.date) -> tuple[Conversation, ...]:
        """The conversations of a day."""
        options = self.stage.options
        count = of_shop(options.conversations, shop.number)
        return conversations(ChatKey(options.seed, shop.id, day, count, options.messages_per_conversation))

    def found(self, shop: SandboxShop, window: Window) -> list[Conversation]:
        """The conversations with a message in the window; of a buyer who wrote on several days the newest."""
        found: dict[int, Conversation] = {}
        for day in window.days():
            for conversation in self.of_day(shop, day):
                is_whole = window.start <= conversation.start and conversation.latest_end() <= window.end
                if is_whole or any(True for _ in _in_window([conversation], window)):
                    found.setdefault(conversation.uid, conversation)
        return list(found.values())

    def of_buyer(self, shop: SandboxShop, window: Window, uid: int) -> list[Conversation]:
        """A buyer's conversations, the oldest first."""
        return [talk for day in reversed(window.days()) for talk in self.of_day(shop, day) if talk.uid == uid]


class PddConversations(_ChatList):
    """Who has written."""

    call = Call("conversations", is_camel=False, success_code=1000000, is_signed=True)
    path = "/latitude/search/message/getMessagesUsers"
    rows_key = "convUsers"

    def find(self, shop: SandboxShop, window: Window, body: Mapping[str, Any]) -> Found | None:
        """Those with a service account, or with words in a message."""
        keywords, mms_id = body.get("keywords") or "", body.get("mmsId")
        found = [
            talk
            for talk in self.found(shop, window)
            if (mms_id is None or str(talk.agent.mms_id) == str(mms_id))
            and (not keywords or any(keywords in str(message.content) for message in messages(talk)))
        ]
        # docs/portals.md 3.2 [S]: the total may be missing; here it is for every third shop, beginning with the second.
        return Found(found, has_total=shop.number % 3 != 2)

    def write(self, shop: SandboxShop, row: Conversation) -> dict[str, Any]:
        """The buyer of a conversation."""
        return _buyer(shop, row)


class PddMessages(_ChatList):
    """What one buyer and the shop have written."""

    call = Call("messages", is_camel=True, success_code=1000000, is_signed=True)
    path = "/latitude/search/message/getMessages"
    rows_key = "contentList"
    jobs = (daily_job("pdd_chat", "30 9 * * *"),)

    def find(self, shop: SandboxShop, window: Window, body: Mapping[str, Any]) -> Found | None:
        """The messages with one buyer."""
        uid = str(body.get("uid", ""))
        if not uid.isdecimal():
            return None
        entries = list(_in_window(self.of_buyer(shop, window, int(uid)), window))
        # The total may be missing here too; it is for every third buyer.
        return Found(entries, of=uid, has_total=int(uid) % 3 != 2)

    def write(self, shop: SandboxShop, row: Entry) -> dict[str, Any] | str:
        """docs/portals.md 3.2 [S]: items can be JSON texts; here those of every second shop are."""
        sent = _searched(shop, *row)
        return json.dumps(sent, ensure_ascii=False) if shop.number % 2 == 0 else sent

    def truths(self) -> Mapping[str, TruthOf]:
        """The chats of a day."""
        return {"pdd_chat": self._truth}

    def _truth(self, shop: SandboxShop, day: dt.date, variant: Collection[Fault]) -> Truth:
        """Every message, conversation by conversation, as getMessages sends them.

        A record is `{"uid", "nickname", "message"}` with the message as it is sent (decoded, where it comes as text).
        The rows are the same in `TRUTH_FIELDS`: `msg_id` is None where none is sent, `time` is in seconds.
        """
        window = Window.of_day(day)
        records, rows = [], []
        for conversation in self.found(shop, window):
            uid = _uid(shop, conversation)
            for _, message in _in_window(self.of_buyer(shop, window, conversation.uid), window):
                sent = _searched(shop, conversation, message)
                records.append({"uid": uid, "nickname": conversation.nickname, "message": sent})
                role = STAFF if message.is_by_staff else BUYER
                about = [sent.get("msg_id"), message.second, role, sent["csname"], message.kind, message.content]
                rows.append([uid, conversation.nickname, *about])
        return Truth(list(TRUTH_FIELDS), rows, records)


class PddHistory(_ChatList):
    """What was written about one order. docs/portals.md 2: whether it is signed, sources disagree."""

    call = Call("history", is_camel=False, success_code=1000000, is_signed=True)
    path = "/latitude/message/getHistoryMessage"
    # docs/portals.md 3.2 [C 3]: pages of the history are counted from 0, those of the search from 1.
    first_page = 0
    rows_key = "messageList"

    def find(self, shop: SandboxShop, window: Window, body: Mapping[str, Any]) -> Found | None:
        """The messages about one order."""
        order, mall = body.get("orderSn"), mall_of(self.stage.options.seed, shop)
        if not order:
            return None
        talks = [talk for day in window.days() for talk in self.of_day(shop, day) if talk.order_sn == order]
        beside = {
            "userInfo": _buyer(shop, talks[0]) if talks else None,
            "mallInfo": {"mallId": mall.mall_id, "mallName": mall.name},
        }
        # That the newest come first was not recorded. [A]
        return Found(list(_in_window(talks, window))[::-1], of=str(order), beside=beside)

    def write(self, shop: SandboxShop, row: Entry) -> str:
        """A message as getHistoryMessage has it, a JSON text."""
        return json.dumps(_from_history(mall_of(self.stage.options.seed, shop).mall_id, *row), ensure_ascii=False)


def _in_window(talks: list[Conversation], window: Window) -> Iterator[Entry]:
    return ((talk, message) for talk in talks for message in messages(talk) if window.holds(message.second))


def _uid(shop: SandboxShop, conversation: Conversation) -> int | str:
    """Whether a uid is a number or a text was not recorded; here it is a text for every second shop. [A]"""
    return str(conversation.uid) if shop.number % 2 == 0 else conversation.uid


def _buyer(shop: SandboxShop, conversation: Conversation) -> dict[str, Any]:
    avatar = f"https://avatar.example.invalid/{conversation.uid}.jpeg"
    return {"uid": _uid(shop, conversation), "nickname": conversation.nickname, "avatar": avatar}


def _searched(shop: SandboxShop, conversation: Conversation, message: ChatMessage) -> dict[str, Any]:
    """A message as getMessages has it. docs/portals.md 3.2 [S]: `csname` stands on all of them and marks no sender.

    Sources name the time `time` or `ts`, and no msg_id; here every second shop's messages have `ts`, and no msg_id. [A]
    """
    sent: dict[str, Any] = {
        "direction": int(message.is_by_staff),
        "csname": conversation.agent.username,
        "content": message.content,
        "type": message.kind,
    }
    if shop.number % 2 == 0:
        return sent | {"ts": str(message.second)}
    return {"msg_id": str(message.msg_id)} | sent | {"time": message.second}


def _from_history(mall_id: int, conversation: Conversation, message: ChatMessage) -> dict[str, Any]:
    """A message as getHistoryMessage has it (docs/portals.md 3.2 [C 2])."""
    buyer = {"role": BUYER, "uid": str(conversation.uid)}
    staff = {
        "role": STAFF,
        "uid": str(conversation.agent.mms_id),
        "csid": conversation.agent.username,
        "mall_id": str(mall_id),
    }
    sender, receiver = (staff, buyer) if message.is_by_staff else (buyer, staff)
    return {
        "msg_id": str(message.msg_id),
        "pre_msg_id": "",
        "client_msg_id": f"c{message.msg_id}",
        "ts": str(message.second),
        "from": sender,
        "to": receiver,
        "content": message.content if isinstance(message.content, str) else "",
        "type": message.kind,
        "status": "read",
        "is_read": 1,
        "info": message.content if isinstance(message.content, dict) else {},
    }
