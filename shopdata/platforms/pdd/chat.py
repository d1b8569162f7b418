"""Chat messages as rows, streamed to disk conversation by conversation (docs/portals.md 3.2)."""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from shopdata.config import Config
from shopdata.excel.formats.json_lines import FORMAT, first_line, mark_in, mark_line, row_line, time_text
from shopdata.files import move
from shopdata.items import ReportFile
from shopdata.lake.privacy import mask_value

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


class ChatFile:
    """The raw file of a shop's day while it is written: whatever conversation is in it whole need not be asked again.

    JSON Lines: a line that says what it is (with the privacy that was used), a line per message, and after each
    conversation a line that says that it is complete. Memory holds ids only. Until the last conversation is in it, it
    grows beside `path`: what stands at `path` is whole.
    """

    def __init__(self, path: Path, about: Mapping[str, Any], *, is_masked: bool) -> None:
        self._whole_path = path
        self._path = path.with_name(f"{path.name}.growing")
        self._is_masked = is_masked
        self._about = {**about, "privacy": "mask" if is_masked else "keep"}
        self._first_line = first_line(self._about)
        self._done: set[str] = set()
        self.rows = self.size = 0

    def __enter__(self) -> Self:
        whole = self._recover()
        self._file = self._path.open("r+b" if whole else "wb")
        self._file.truncate(whole)
        self._file.seek(whole)
        self.size = whole
        if not whole:
            self._write(self._first_line)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
        if kind is None:
            move(self._path, self._whole_path)

    def has(self, uid: str) -> bool:
        """True if this conversation is in the file, whole."""
        return uid in self._done

    def add(self, uid: str, rows: Iterable[Mapping[str, Any]]) -> None:
        """Appends a conversation; it counts once its last line is on the disk."""
        kept = [_masked(row) if self._is_masked else row for row in rows]
        self._write(b"".join([*map(row_line, kept), mark_line({"conversation": uid, "messages": len(kept)})]))
        self._done.add(uid)
        self.rows += len(kept)

    def _write(self, lines: bytes) -> None:
        self._file.write(lines)
        self._file.flush()
        os.fsync(self._file.fileno())
        self.size += len(lines)

    def _recover(self) -> int:
        """How many bytes of an interrupted run are whole; 0 if the file is of something else, or of another privacy."""
        if not self._path.is_file():
            return 0
        whole = place = 0
        with self._path.open("rb") as file:
            for number, line in enumerate(file):
                place += len(line)
                if number == 0:
                    if line != self._first_line:
                        return 0
                    whole = place
                    continue
                try:
                    about = mark_in(json.loads(line), FORMAT)
                except ValueError:
                    break
                if about is not None:
                    self._done.add(about["conversation"])
                    self.rows += about["messages"]
                    whole = place
        return whole


def chat_file(item: ReportFile, config: Config) -> ChatFile:
    """The file of a cell, with the privacy that its dataset asks for."""
    about = {"dataset": item.dataset, "dt": item.dt, "shop": item.shop_id}
    return ChatFile(item.path, about, is_masked=config.dataset(item.dataset).privacy == "mask")
