"""How much a recording keeps of what pages send and get: whatever else they load, it does not fill the memory."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from shopdata.recording.journal import Call, Entry

#: Of one recording, in characters of JSON. An export's own requests are a hundredth of it.
_MOST = 8 << 20
#: One part may take so much of what is left: large ones stop to fit long before small ones do.
_SHARE = 8
#: What a part that did not fit says beside its size.
DROPPED = "dropped"


class Room:
    """What is left of it; `left` may be set back."""

    def __init__(self, most: int = _MOST) -> None:
        self.left = most

    def fitted(self, entry: Entry) -> Entry:
        """The entry, of a call only what fits: of a body or answer that does not, its size is kept."""
        if not isinstance(entry, Call):
            return entry
        return replace(entry, body=self._fitted(entry.body), answer=self._fitted(entry.answer))

    def _fitted(self, part: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
        if part is None or "opaque" in part:
            return part
        size = len(json.dumps(part, ensure_ascii=False, separators=(",", ":")))
        if size > self.left // _SHARE:
            return {"opaque": size, DROPPED: True}
        self.left -= size
        return part
