"""addversion.json that does not keep a broken egg.

scrapyd's own keeps what it could not list the spiders of, and as the newest version: every later run would fail by it.
"""

from __future__ import annotations

from contextlib import suppress
from io import BytesIO
from typing import Any

from scrapyd.webservice import AddVersion as ScrapydAddVersion
from scrapyd.webservice import spider_list


class AddVersion(ScrapydAddVersion):  # type: ignore[misc]
    """As scrapyd's; if it fails, what was there before is there again."""

    def render_POST(self, txrequest: Any) -> dict[str, Any]:
        arguments = txrequest.args
        project, version = (arguments.get(name, [b""])[0].decode(errors="replace") for name in (b"project", b"version"))
        before = self._stored(project, version)
        try:
            answer: dict[str, Any] = super().render_POST(txrequest)
        except Exception:
            if project and version:
                self._put_back(project, version, before)
            raise
        return answer

    def _stored(self, project: str, version: str) -> bytes | None:
        with suppress(Exception):
            _, egg = self.root.eggstorage.get(project, version)
            if egg is not None:
                with egg:
                    content: bytes = egg.read()
                    return content
        return None

    def _put_back(self, project: str, version: str, before: bytes | None) -> None:
        with suppress(Exception):
            if before is None:
                self.root.eggstorage.delete(project, version)
            else:
                self.root.eggstorage.put(BytesIO(before), project, version)
        spider_list.delete(project, version)
        self.root.update_projects()
