"""Answers as files that a stand-in can serve: redacted, one for each request."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import parse_qsl, urlsplit

from scrapy import Request

from shopdata.config import Portal
from shopdata.doctor.redaction import LeakError, Redaction
from shopdata.files import write_private
from shopdata.sessions.sign_in import PortalAnswer

logger = logging.getLogger(__name__)

FORMAT = 1
#: More is not looked at, and a file of a report is described, not kept.
_MOST_BYTES = 2 << 20


class Fixtures(Protocol):
    """Where answers are kept."""

    def keep(self, probe: str, request: Request, answer: PortalAnswer, *, with_session: bool) -> str:
        """Saves what a request was answered; the file's name, "" if it was not saved."""


class FixtureFolder:
    """A folder of them, one for each shop.

    Args:
        portal: what tells which key of it an address belongs to.
    """

    def __init__(self, folder: Path, portal: Portal, redaction: Redaction) -> None:
        self.folder, self._portal, self._redaction = folder, portal, redaction
        #: Answers that were not saved, because a secret would have been in them.
        self.leaks = 0
        self._is_ready = False

    def keep(self, probe: str, request: Request, answer: PortalAnswer, *, with_session: bool) -> str:
        """Saves it; "" where there is no answer, or where it could not be made clean."""
        if not answer.status:
            return ""
        place, origin = urlsplit(request.url), origin_key(self._portal, request.url)
        data = self._redaction.body(answer.body) if len(answer.body) <= _MOST_BYTES else None
        content: dict[str, Any] = {
            "format": FORMAT,
            "probe": probe,
            "origin": origin,
            "method": request.method,
            # Of a file somewhere else it may say whose it is.
            "path": place.path if origin else urlsplit(self._redaction.url(request.url)).path,
            # Names alone: values are tokens.
            "query": sorted({name for name, _ in parse_qsl(place.query, keep_blank_values=True)}),
            "session": with_session,
            "status": answer.status,
            "content_type": answer.content_type,
            "location": self._redaction.location(answer.location) if answer.location else "",
            **({"json": data} if data is not None else _described(answer)),
        }
        text = json.dumps(content, ensure_ascii=False, indent=1)
        try:
            self._redaction.prove(text)
        except LeakError:
            self.leaks += 1
            logger.warning("%s: an answer of %s is not saved: it could not be made clean", probe, place.path)
            return ""
        name = f"{probe}-{_short(content)}.json"
        self._make_ready()
        write_private(self.folder / name, text.encode())
        return name

    def _make_ready(self) -> None:
        """Its folder, without what an earlier look has left there."""
        if not self._is_ready:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            for old in self.folder.glob("D*-*.json"):
                old.unlink()
            self._is_ready = True


def origin_key(portal: Portal, url: str) -> str:
    """Which key of its section holds this address's host; "" for a host that is in none."""
    host = urlsplit(url).netloc
    found = (name for name, value in portal if isinstance(value, str) and urlsplit(value).netloc == host)
    return next(found, "home_hosts" if host in portal.home_hosts else "")


def _described(answer: PortalAnswer) -> Mapping[str, Any]:
    """A page, or a file: what it is, and how long."""
    return {"bytes": len(answer.body), "magic": "" if answer.is_html else answer.body[:8].hex()}


def _short(content: Mapping[str, Any]) -> str:
    told = [content[name] for name in ("origin", "method", "path", "session")]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:8]
