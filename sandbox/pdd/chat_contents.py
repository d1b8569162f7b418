"""Who talks with a shop on a day, and what they write (docs/portals.md 3.2). It follows from seed, shop and day alone.

Conversations are made when they are asked for, so that thousands of them cost no memory. All telephone numbers,
addresses and orders are made up; they are there so that masking can be tried.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import lru_cache
from random import Random
from typing import Any

from sandbox.world import SHANGHAI

TEXT, IMAGE, TEMPLATE, MENU = 0, 1, 31, 56

_DAY_SECONDS = 24 * 3600
_LONGEST_PAUSE_SECONDS = 120
_BUYERS = ("小**花", "=HYPERLINK(1)", "张**", "🌸花开富贵🌸", "tb_8**1", "李 先生", "匿名", "Ann\u200b**")
_AGENTS = ("小美", "售后-阿强", "=小鹿", "晚班🌙小雨", "主账号")
_ASKED = (
    "在吗",
    "这款还有货吗😊",
    "我的订单 {order} 什么时候发货",
    "电话 {phone}，麻烦送货前打给我",
    "地址改成 浙江省杭州市余杭区沙箱路{number}号{number}幢502室，收件人王某某，{phone}",
    "=1+1 这个尺码偏小吗",
    "第一行\n第二行\t{spaced_phone}",
    "好的👌",
    "退款单号 {order}，到账了吗？",
    "微信同号{phone}",
    "",
)
_ANSWERED = (
    "亲，在的呢~",
    "有货的，今天 18:00 前付款当天发出哦",
    "请提供一下收货电话和地址",
    "订单 {order} 已经为您催促",
    "亲，已改为 {phone}，请留意来电",
    "尺码助手：身高170cm 体重65kg 建议 L 码",
    "-",
)


@dataclass(frozen=True, slots=True)
class ChatKey:
    """Everything that a shop's chats of a day follow from."""

    seed: int
    shop_id: str
    day: dt.date
    conversations: int
    messages_each: int


@dataclass(frozen=True, slots=True)
class Agent:
    """One of the shop's service accounts."""

    mms_id: int
    username: str


@dataclass(frozen=True, slots=True)
class Conversation:
    """What one buyer and one agent write on one day. Times are in seconds since 1970; `order_sn` may be blank."""

    uid: int
    nickname: str
    agent: Agent
    order_sn: str
    message_count: int
    start: int
    longest_pause: int
    key: ChatKey

    def latest_end(self) -> int:
        """No message of it is later."""
        return self.start + self.message_count * self.longest_pause


@dataclass(frozen=True, slots=True)
class ChatMessage:
    """One message, apart from how an endpoint writes it. `content` is a text, or an object for the platform's cards."""

    msg_id: int
    second: int
    is_by_staff: bool
    kind: int
    content: str | dict[str, Any]


def agents(seed: int, shop_id: str) -> list[Agent]:
    """The service accounts of a shop."""
    random = Random(f"{seed}/{shop_id}/agents")
    first_id = random.randrange(10**7, 10**8)
    names = random.sample(_AGENTS, random.randint(2, len(_AGENTS)))
    return [Agent(first_id + number, name) for number, name in enumerate(names)]


# A few days of all shops that are read at one time.
@lru_cache(64)
def conversations(key: ChatKey) -> tuple[Conversation, ...]:
    """The conversations of a day; those that go on latest come first, as in the page's list. [A]"""
    of_shop = Random(f"{key.seed}/{key.shop_id}/buyers")
    # docs/portals.md 5.4 [S]: the uid of a buyer has 13 digits. Buyers come back: those of every day are the same.
    first_uid = of_shop.randrange(2 * 10**12, 9 * 10**12)
    staff = agents(key.seed, key.shop_id)
    random = Random(f"{key.seed}/{key.shop_id}/{key.day}/conversations")
    found = [_conversation(key, number, first_uid, staff, random) for number in range(key.conversations)]
    return tuple(sorted(found, key=lambda conversation: (-conversation.latest_end(), conversation.uid)))


def _conversation(key: ChatKey, number: int, first_uid: int, staff: list[Agent], random: Random) -> Conversation:
    # The first is twice as long as the mean, so that there always is one of several pages.
    count = 2 * key.messages_each if number == 0 else random.randint(1, 2 * key.messages_each - 1)
    pause = max(1, min(_LONGEST_PAUSE_SECONDS, _DAY_SECONDS // 2 // count))
    midnight = int(dt.datetime.combine(key.day, dt.time(), SHANGHAI).timestamp())
    ordered = key.day - dt.timedelta(days=random.randrange(9))
    return Conversation(
        uid=first_uid + 13 * number,
        nickname=_BUYERS[number % len(_BUYERS)],
        agent=random.choice(staff),
        # docs/portals.md 5.4 [C 2]: an order number is text, YYMMDD and 15 digits.
        order_sn=f"{ordered:%y%m%d}-{random.randrange(10**14, 10**15)}" if number % 2 == 0 else "",
        message_count=count,
        start=midnight + random.randrange(_DAY_SECONDS - count * pause),
        longest_pause=pause,
        key=key,
    )


# Pages of one conversation are asked for one after another.
@lru_cache(64)
def messages(conversation: Conversation) -> tuple[ChatMessage, ...]:
    """What is written in a conversation, the oldest first; no two at the same second."""
    key = conversation.key
    random = Random(f"{key.seed}/{key.shop_id}/{key.day}/{conversation.uid}/messages")
    # docs/portals.md 5.4 [S]: msg_id has 13 digits and rises.
    msg_id, second = conversation.start * 1000 + random.randrange(1000), conversation.start
    found = []
    for number in range(conversation.message_count):
        is_by_staff = number > 0 and random.randrange(5) < 2
        kind, content = _content(random, conversation, is_by_staff=is_by_staff)
        # docs/portals.md 3.2 [S]: cards of the platform come under the buyer's name.
        found.append(ChatMessage(msg_id, second, is_by_staff and kind in (TEXT, IMAGE), kind, content))
        step = random.randint(1, conversation.longest_pause)
        msg_id, second = msg_id + step * 1000 + 1, second + step
    return tuple(found)


def _content(random: Random, conversation: Conversation, *, is_by_staff: bool) -> tuple[int, str | dict[str, Any]]:
    match random.randrange(20):
        case 0:
            return IMAGE, f"https://chat-img.example.invalid/{random.randrange(10**12)}.jpeg"
        case 1:
            order = {"goodsName": "经典款帆布鞋", "orderSequenceNo": conversation.order_sn, "price": 9900}
            return TEMPLATE, {"title": "用户咨询的订单", "data": order}
        case 2:
            return MENU, {"title": "猜您想问", "items": [{"text": "什么时候发货？"}, {"text": "怎么退货"}]}
    phone = f"138000{random.randrange(100_000):05d}"
    text = random.choice(_ANSWERED if is_by_staff else _ASKED)
    return TEXT, text.format(
        order=conversation.order_sn or "260101-000000000000000",
        phone=phone,
        spaced_phone=f"{phone[:3]} {phone[3:7]} {phone[7:]}",
        number=random.randrange(1, 200),
    )
