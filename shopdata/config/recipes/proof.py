"""Whether a recipe says of itself that it was proven: in its first line, which `scrapy record` and `rehearse` write."""

from __future__ import annotations

#: How the first line begins of a recipe that was recorded, and of one that nobody has held against an export yet.
RECORDED, UNPROVEN = "# Recorded", "# Recorded on"


def is_proven(text: str) -> bool:
    """True for the text of a recipe that a rehearsal has shown to be right, or that was written by hand."""
    return not text.lstrip("\ufeff").startswith(UNPROVEN)
