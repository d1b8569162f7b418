"""A message of the queue, whatever lies there: scrapyd's parts ask for a name, a job id and settings."""

from __future__ import annotations

from typing import Any


def whole(found: Any) -> dict[str, Any]:
    """The message, with what is missing."""
    message: dict[str, Any] = found if isinstance(found, dict) else {}
    for name in ("name", "_job"):
        if not isinstance(message.get(name), str):
            message[name] = ""
    if not isinstance(message.get("settings"), dict):
        message["settings"] = {}
    return message
