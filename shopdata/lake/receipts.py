"""The receipt of a partition: what was published, from what, and what is missing (DESIGN 5.5)."""

from __future__ import annotations

import json
from typing import Any


def encode_receipt(receipt: dict[str, Any]) -> bytes:
    """As UTF-8 JSON for people and programs."""
    return (json.dumps(receipt, ensure_ascii=False, indent=2) + "\n").encode()
