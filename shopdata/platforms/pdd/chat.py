"""Chat messages as rows, streamed to disk conversation by conversation (docs/portals.md 3.2)."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from shopdata.config import Config
from shopdata.crawling.growing_file import GrowingFile
from shopdata.crawling.paged_list import PagedList
from shopdata.crawling.recipes.dialect import RowMaker
from shopdata.excel.formats.json_lines import time_text
from shopdata.items import ReportFile
from shopdata.lake.privacy import mask_value

_List = partial(PagedList, page_key="pageNum", size_key="pageSize", page_size=20)
#: The conversations of a day, and what was said in one.
USERS = _List(path="/latitude/search/message/getMessagesUsers", rows_key="convUsers", id_key="uid", needs_id=True)
MESSAGES = _List(path="/latitude/search/message/getMessages", rows_key="contentList", id_key="msg_id")
#: Who speaks, by the field `role` where there is one.
_ROLES = {"user": "buyer", "mall_cs": "staff", "system": "system"}


def conversation_rows(
    conversation: Mapping[str, Any], messages: Iterable[Mapping[str, Any]]
) -> Iterator[dict[str, Any]]:
    """The messages of one conversation as rows, no two of them with the same id."""
    seen: Counter[str] = Counter()
    for message in messages:
        row = message_row(conversation, message)
        seen[row["msg_id"]] += 1
        if seen[row["msg_id"]] > 1:
            # Said twice within a second, by an interface that gives no ids.
            row["msg_id"] = _hash(f"{seen[row['msg_id']]} {row['msg_id']}")
        yield row


def message_row(conversation: Mapping[str, Any], message: Mapping[str, Any]) -> dict[str, Any]:
    """One message as a row: normalised columns, and all that the portal sent as JSON in `raw`.

    Two interfaces send two shapes, and items may be JSON texts. A message without an id gets a stable hash of itself.
    """
    sender = message.get("from")
    sender = sender if isinstance(sender, dict) else {}
    return {
        "uid": str(conversation.get("uid") or ""),
        "nickname": conversation.get("nickname"),
        "msg_id": str(
            message.get("msg_id")
            or message.get("msgId")
            or _hash(json.dumps(message, ensure_ascii=False, sort_keys=True))
        ),
        "ts": _time(message.get("ts") or message.get("time")),
        "role": _role(message, sender),
        # It stands on every message and says who serves the buyer, not who speaks (docs/portals.md 3.2).
        "csname": message.get("csname") or sender.get("csid"),
        "type": message.get("type"),
        "content": _text(message.get("content")),
        "raw": json.dumps(message, ensure_ascii=False),
    }


def _hash(text: str) -> str:
    # Half a surrogate pair has no form in UTF-8.
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _text(content: Any) -> str | None:
    return content if isinstance(content, str) or content is None else json.dumps(content, ensure_ascii=False)


def _role(message: Mapping[str, Any], sender: Mapping[str, Any]) -> str | None:
    role = sender.get("role")
    if role:
        return _ROLES.get(str(role), str(role))
    if "direction" in message:
        return "staff" if message["direction"] else "buyer"
    return None


def _time(value: Any) -> Any:
    """As a time; what is none stays for the reader to tell of."""
    return time_text(value) or value


def _masked(row: Mapping[str, Any]) -> dict[str, Any]:
    """Masks what was said. Ids stay, also such as look like a telephone number: they tell rows from one another."""
    message = mask_value(json.loads(row["raw"]))
    return {**row, "content": _text(message.get("content")), "raw": json.dumps(message, ensure_ascii=False)}


class ChatFile(GrowingFile):
    """The raw file of a shop's day while it is written, with what was said in it masked."""

    def __init__(self, path: Path, about: Mapping[str, Any], *, is_masked: bool) -> None:
        super().__init__(path, about, _masked if is_masked else None)


def chat_file(item: ReportFile, config: Config) -> ChatFile:
    """The file of a cell, with the privacy that its dataset asks for."""
    about = {"dataset": item.dataset, "dt": item.dt, "shop": item.shop_id}
    return ChatFile(item.path, about, is_masked=config.dataset(item.dataset).privacy == "mask")


#: For recipes: each message as `message_row` has it.
CHAT_ROWS = RowMaker(rows=conversation_rows, masked=_masked, path=MESSAGES.path)
