"""Who makes the rows of a list within a list: somebody of the platform's, or nobody in particular."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from shopdata.config.platforms import Platform
from shopdata.crawling.recipes.dialect import RowMaker
from shopdata.lake.privacy import mask_value


def row_maker(platform: Platform, rows_by: str | None, keep: Sequence[str]) -> RowMaker:
    """The platform's of this name; for none the inner rows stay as they come.

    Args:
        keep: fields of the outer row that each inner one is given then.
    """
    if rows_by is not None:
        made: RowMaker = platform.load_row_maker(rows_by)
        return made
    return RowMaker(rows=partial(_rows_as_they_come, keep), masked=_masked)


def _rows_as_they_come(
    keep: Iterable[str], outer: Mapping[str, Any], inner: Iterable[Mapping[str, Any]]
) -> Iterator[Mapping[str, Any]]:
    kept = {name: outer.get(name) for name in keep}
    return ({**kept, **row} for row in inner)


def _masked(row: Mapping[str, Any]) -> Mapping[str, Any]:
    masked: Mapping[str, Any] = mask_value(json.loads(json.dumps(row)))
    return masked
