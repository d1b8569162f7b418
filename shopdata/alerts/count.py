"""What became of messages."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Count:
    """Of one run: messages that were taken, refused, and held back for a later run."""

    sent: int = 0
    failed: int = 0
    held: int = 0
