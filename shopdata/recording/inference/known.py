"""What is known of a platform before a recording is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from shopdata.config import Portal
from shopdata.config.platforms import Platform
from shopdata.crawling.recipes.dialect import PLAIN, Dialect


@dataclass(frozen=True)
class Known:
    """A platform, read in one of its dialects.

    Args:
        origins: its hosts by what portals.yaml calls them, `{"origin": "https://…"}`.
        signs: True if its pages sign calls for us.
        row_makers: who makes rows of what comes, by the path of the inner list.
        wanted_sign: how a person wants requests signed, where that can be.
        unsigned: paths that are known to take what no page has signed.
    """

    platform: str
    origins: Mapping[str, str]
    name: str = "json"
    dialect: Dialect = field(default=PLAIN)
    signs: bool = False
    row_makers: Mapping[str, str] = field(default_factory=dict)
    unsigned: frozenset[str] = frozenset()
    wanted_sign: str = ""

    def origin(self, address: str) -> str | None:
        """How a recipe writes the host of an address; None for a host of nobody we know."""
        return next((f"{{{self.platform}.{name}}}" for name, known in self.origins.items() if known == address), None)


def ways_to_read(platform: Platform, portal: Portal, wanted_sign: str = "") -> list[Known]:
    """A platform in each of its dialects; plain JSON where it has none: else an answer that is a no would be taken for
    a yes."""
    origins = {name: value for name, value in portal if name.endswith("origin") and isinstance(value, str)}
    names = list(platform.dialects) or ["json"]
    makers = {name: platform.load_row_maker(name) for name in platform.row_makers}
    known = Known(
        platform.name,
        origins,
        signs=platform.page_client is not None,
        row_makers={maker.path: name for name, maker in makers.items() if maker.path},
        unsigned=platform.unsigned,
        wanted_sign=wanted_sign,
    )
    return [replace(known, name=name, dialect=platform.load_dialect(name)) for name in names]
