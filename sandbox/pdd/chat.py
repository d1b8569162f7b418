"""Chat search and chat history: signed calls, pages, and messages in two schemas (docs/portals.md 3.2)."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from typing import Any

from aiohttp import web

from sandbox.options import of_shop
from sandbox.pdd.answers import SPAN_TOO_LONG, WRONG_ARGUMENTS
from sandbox.pdd.chat_contents import ChatKey, Conversation, Message, agents, conversations, messages
from sandbox.pdd.gate import DIALECTS, Gate, json_body
from sandbox.pdd.mall import mall_of
from sandbox.pdd.paging import Page, Readings, Window, last_day
from sandbox.portal import Stage
from sandbox.truth import Truth
from sandbox.world import Shop

USERS_PATH = "/chats/getMallUsers"
CONVERSATIONS_PATH = "/latitude/search/message/getMessagesUsers"
MESSAGES_PATH = "/latitude/search/message/getMessages"
HISTORY_PATH = "/latitude/message/getHistoryMessage"
CALLS = {USERS_PATH: "users", CONVERSATIONS_PATH: "conversations", MESSAGES_PATH: "messages", HISTORY_PATH: "history"}
# docs/portals.md 3.2 [S]
MAX_DAYS = 31

TRUTH_FIELDS = ("uid", "nickname", "msg_id", "time", "role", "csname", "type", "content")
BUYER, STAFF = "user", "mall_cs"


class PddChat:
    """The handlers of the four calls."""

    def __init__(self, stage: Stage, gate: Gate, readings: Readings) -> None:
        self._stage = stage
        self._gate = gate
        self._readings = readings

    def add_routes(self, app: web.Application) -> None:
        """Adds the paths to the application of the back office."""
        app.router.add_get(USERS_PATH, self._users)
        app.router.add_post(CONVERSATIONS_PATH, self._conversations)
        app.router.add_post(MESSAGES_PATH, self._messages)
        app.router.add_post(HISTORY_PATH, self._history)

    def truth(self, shop: Shop, window: Window) -> Truth:
        """Every message, conversation by conversation, as getMessages sends them.

        A record is `{"uid", "nickname", "message"}` with the message as it is sent (decoded, where it comes as text).
        The rows are the same in `TRUTH_FIELDS`: `msg_id` is None where none is sent, `time` is in seconds.
        """
        records, rows = [], []
        for conversation in self._found(shop, window):
            uid = _uid(shop, conversation)
            for message in _in_window(self._of_buyer(shop, window, conversation.uid), window):
                sent = _searched(shop, conversation, message)
                records.append({"uid": uid, "nickname": conversation.nickname, "message": sent})
                role = STAFF if message.is_by_staff else BUYER
                about = [sent.get("msg_id"), message.second, role, sent["csname"], message.kind, message.content]
                rows.append([uid, conversation.nickname, *about])
        return Truth(list(TRUTH_FIELDS), rows, records)

    # --- what there is

    def _of_day(self, shop: Shop, day: dt.date) -> tuple[Conversation, ...]:
        options = self._stage.options
        count = of_shop(options.conversations, shop.number)
        return conversations(ChatKey(options.seed, shop.id, day, count, options.messages_per_conversation))

    def _found(self, shop: Shop, window: Window) -> list[Conversation]:
        """The conversations with a message in the window; of a buyer who wrote on several days the newest."""
        found: dict[int, Conversation] = {}
        for day in window.days():
            for conversation in self._of_day(shop, day):
                is_whole = window.start <= conversation.start and conversation.latest_end() <= window.end
                if is_whole or any(True for _ in _in_window([conversation], window)):
                    found.setdefault(conversation.uid, conversation)
        return list(found.values())

    def _of_buyer(self, shop: Shop, window: Window, uid: int) -> list[Conversation]:
        """A buyer's conversations, the oldest first."""
        days = reversed(window.days())
        return [found for day in days for found in self._of_day(shop, day) if found.uid == uid]

    # --- the calls

    async def _users(self, request: web.Request) -> web.Response:
        shop = await self._gate.enter(request, "users", None)
        if isinstance(shop, web.Response):
            return shop
        # docs/portals.md 3.2 [S] names the list; that it is inside `result` is an inference. [A]
        staff = [
            {"mmsId": agent.mms_id, "username": agent.username} for agent in agents(self._stage.options.seed, shop.id)
        ]
        return DIALECTS["users"].success({"userList": staff})

    async def _conversations(self, request: web.Request) -> web.Response:
        body = await json_body(request)
        window, page = Window.of(body), Page.of(body, "pageNum", "pageSize", first=1)
        shop = await self._gate.enter(request, "conversations", last_day(window))
        if isinstance(shop, web.Response):
            return shop
        if window is None or page is None:
            return self._gate.refuse(shop, "conversations", WRONG_ARGUMENTS)
        if len(window.days()) > MAX_DAYS:
            return self._gate.refuse(shop, "conversations", SPAN_TOO_LONG)
        found = self._filtered(self._found(shop, window), body)
        turned = self._readings.turn(shop, "conversations", found, page, day=last_day(window))
        result: dict[str, Any] = {}
        if turned.has_list:
            result["convUsers"] = [_buyer(shop, conversation) for conversation in turned.rows]
        # docs/portals.md 3.2 [S]: the total may be missing; here it is for every third shop, beginning with the second.
        if shop.number % 3 != 2:
            result["total"] = turned.total
        return DIALECTS["conversations"].success(result)

    def _filtered(self, found: list[Conversation], body: dict[str, Any]) -> list[Conversation]:
        keywords, mms_id = body.get("keywords") or "", body.get("mmsId")
        if mms_id is not None:
            found = [conversation for conversation in found if str(conversation.agent.mms_id) == str(mms_id)]
        if keywords:
            found = [
                conversation
                for conversation in found
                if any(keywords in str(message.content) for message in messages(conversation))
            ]
        return found

    async def _messages(self, request: web.Request) -> web.Response:
        body = await json_body(request)
        window, page, uid = Window.of(body), Page.of(body, "pageNum", "pageSize", first=1), str(body.get("uid", ""))
        shop = await self._gate.enter(request, "messages", last_day(window))
        if isinstance(shop, web.Response):
            return shop
        if window is None or page is None or not uid.isdecimal():
            return self._gate.refuse(shop, "messages", WRONG_ARGUMENTS)
        if len(window.days()) > MAX_DAYS:
            return self._gate.refuse(shop, "messages", SPAN_TOO_LONG)
        of_buyer = self._of_buyer(shop, window, int(uid))
        found = [(talk, message) for talk in of_buyer for message in _in_window([talk], window)]
        turned = self._readings.turn(shop, "messages", found, page, of=uid, day=last_day(window))
        result: dict[str, Any] = {}
        if turned.has_list:
            result["contentList"] = [_packed(shop, _searched(shop, *entry)) for entry in turned.rows]
        # The total may be missing here too; it is for every third buyer.
        if int(uid) % 3 != 2:
            result["total"] = turned.total
        return DIALECTS["messages"].success(result)

    async def _history(self, request: web.Request) -> web.Response:
        body = await json_body(request)
        # docs/portals.md 3.2 [C 3]: pages of the history are counted from 0, those of the search from 1.
        window, page, order = Window.of(body), Page.of(body, "pageNum", "pageSize", first=0), body.get("orderSn")
        shop = await self._gate.enter(request, "history", last_day(window))
        if isinstance(shop, web.Response):
            return shop
        if window is None or page is None or not order:
            return self._gate.refuse(shop, "history", WRONG_ARGUMENTS)
        if len(window.days()) > MAX_DAYS:
            return self._gate.refuse(shop, "history", SPAN_TOO_LONG)
        talks = [talk for day in window.days() for talk in self._of_day(shop, day) if talk.order_sn == order]
        # That the newest come first was not recorded. [A]
        found = [(talk, message) for talk in talks for message in _in_window([talk], window)][::-1]
        turned = self._readings.turn(shop, "history", found, page, of=str(order), day=last_day(window))
        mall = mall_of(self._stage.options.seed, shop)
        result: dict[str, Any] = {
            "userInfo": _buyer(shop, talks[0]) if talks else None,
            "mallInfo": {"mallId": mall.mall_id, "mallName": mall.name},
            "total": turned.total,
        }
        if turned.has_list:
            result["messageList"] = [
                json.dumps(_from_history(mall.mall_id, *entry), ensure_ascii=False) for entry in turned.rows
            ]
        return DIALECTS["history"].success(result)


def _in_window(talks: list[Conversation], window: Window) -> Iterator[Message]:
    return (message for talk in talks for message in messages(talk) if window.holds(message.second))


def _uid(shop: Shop, conversation: Conversation) -> int | str:
    """Whether a uid is a number or a text was not recorded; here it is a text for every second shop. [A]"""
    return str(conversation.uid) if shop.number % 2 == 0 else conversation.uid


def _buyer(shop: Shop, conversation: Conversation) -> dict[str, Any]:
    avatar = f"https://avatar.example.invalid/{conversation.uid}.jpeg"
    return {"uid": _uid(shop, conversation), "nickname": conversation.nickname, "avatar": avatar}


def _searched(shop: Shop, conversation: Conversation, message: Message) -> dict[str, Any]:
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


def _packed(shop: Shop, sent: dict[str, Any]) -> dict[str, Any] | str:
    """docs/portals.md 3.2 [S]: items can be JSON texts; here those of every second shop are."""
    return json.dumps(sent, ensure_ascii=False) if shop.number % 2 == 0 else sent


def _from_history(mall_id: int, conversation: Conversation, message: Message) -> dict[str, Any]:
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
