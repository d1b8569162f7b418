"""How much the runs of this machine have asked of the portals, added up over all of them, for /metrics."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from pathlib import Path

from filelock import FileLock
from pydantic import StrictInt, TypeAdapter

from shopdata.files import put_in_place

logger = logging.getLogger(__name__)

#: What is counted, by its name in `Traffic.totals`.
REQUESTS, PAGE_REQUESTS, LOGINS, REFUSED = "requests", "page_requests", "logins", "logins_refused"


_TOTALS = TypeAdapter(dict[str, dict[str, StrictInt]])


class Traffic:
    """Counters that only grow, a number for each spider and name, in a file of the state directory."""

    def __init__(self, state_dir: Path) -> None:
        self._path = state_dir / "traffic.json"

    def add(self, spider: str, counts: Mapping[str, int]) -> None:
        """Adds what a run has counted; runs that end at the same moment wait for each other."""
        with FileLock(f"{self._path}.lock", timeout=10):
            totals = self.totals()
            own = totals.setdefault(spider, {})
            for name, count in counts.items():
                own[name] = own.get(name, 0) + count
            beside = self._path.with_suffix(".new")
            beside.write_text(json.dumps(totals), "utf-8")
            put_in_place(beside, self._path)

    def totals(self) -> dict[str, dict[str, int]]:
        """By spider, then by name. A file that can't be read counts as nothing: counters begin anew."""
        try:
            return _TOTALS.validate_json(self._path.read_bytes())
        except FileNotFoundError:
            return {}
        except (OSError, ValueError):
            logger.warning("%s can't be read: the counters of requests and sign-ins begin anew", self._path)
            return {}
