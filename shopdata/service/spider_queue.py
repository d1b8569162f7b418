"""scrapyd's queue, which a row that can't be read does not stop."""

from __future__ import annotations

import json
from typing import Any

from scrapyd import sqlite
from scrapyd.spiderqueue import SqliteSpiderQueue


class SpiderQueue(SqliteSpiderQueue):  # type: ignore[misc]
    """As scrapyd's; whatever its file holds, each row is a message with a name and a job id."""

    def __init__(self, config: Any, project: str, table: str = "spider_queue") -> None:
        # Not the parent's, which opens the file with its own reader of rows.
        self.q = sqlite.initialize(_Rows, config, project, table)

    def size_bytes(self) -> int:
        """What all messages take; every look at the queue reads them."""
        (size,) = self.q.conn.execute(f"SELECT TOTAL(LENGTH(message)) FROM {self.q.table}").fetchone()  # noqa: S608
        return int(size)


class _Rows(sqlite.JsonSqlitePriorityQueue):  # type: ignore[misc]
    def decode(self, obj: Any) -> dict[str, Any]:
        """A row that is no message becomes one without names: it is handed out, refused, and so leaves the queue."""
        try:
            found = json.loads(bytes(obj).decode("ascii"))
        except (ValueError, TypeError, RecursionError):
            found = None
        message: dict[str, Any] = found if isinstance(found, dict) else {}
        for name in ("name", "_job"):
            if not isinstance(message.get(name), str):
                message[name] = ""
        if not isinstance(message.get("settings"), dict):
            message["settings"] = {}
        return message
