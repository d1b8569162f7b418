"""Several workbooks in place of one: which shops stand in which, where all rows together are more than people open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

#: The group of a shop that has none.
NO_GROUP = "ungrouped"


@dataclass(frozen=True)
class Split:
    """When rows stand in several workbooks, its volumes, and how they are cut.

    A volume holds shops of one group. A shop is never cut: a volume of a single shop may have more rows than the limit.
    """

    #: With more rows than this the workbook is an overview, and the rows stand in its volumes.
    at_most_rows: int
    #: The group of each shop by its id, those that are missing too. None: no volumes, and rows in no workbook.
    groups: Mapping[str, str] | None
    #: Where all rows are in any case, for the overview; empty if nowhere else.
    everything: str = ""
    #: The group of shops that have none; empty where there are no groups at all, and volumes have numbers only.
    rest: str = NO_GROUP

    def group_of(self, shop_id: str) -> str:
        """The group of a shop."""
        return (self.groups or {}).get(shop_id, self.rest)


@dataclass(frozen=True)
class Share:
    """The shops of a volume, by their places among all parts; `name` is its group, and its number where it has one."""

    name: str
    group: str
    places: tuple[int, ...]


@dataclass(frozen=True)
class Volume:
    """A volume that was written, and where."""

    name: str
    path: Path
    rows: int
    bytes: int
    sha256: str
    shop_ids: tuple[str, ...]
    sheets: tuple[str, ...] = field(default=())


def shares_of(ids: Sequence[str], rows: Sequence[int], split: Split) -> list[Share]:
    """How shops are dealt out: by group, in their order; a group with too many rows is several volumes, `GROUP.1` ...

    Args:
        ids: of the shops.
        rows: how many each has.

    Returns:
        the volumes, groups in the order of their first shops; none where no rows are to stand in a workbook.
    """
    if split.groups is None:
        return []
    groups: dict[str, list[list[int]]] = {}
    filled: dict[str, int] = {}
    for place, shop_id in enumerate(ids):
        group = split.group_of(shop_id)
        volumes = groups.setdefault(group, [[]])
        if volumes[-1] and filled[group] + rows[place] > split.at_most_rows:
            volumes.append([])
            filled[group] = 0
        volumes[-1].append(place)
        filled[group] = filled.get(group, 0) + rows[place]
    return [
        Share(group if group and len(volumes) == 1 else f"{group}.{number}".strip("."), group, tuple(places))
        for group, volumes in groups.items()
        for number, places in enumerate(volumes, start=1)
    ]


def volume_path(workbook: Path, name: str) -> Path:
    """Where a volume lies: beside its overview, `report-north.1.xlsx` for `report.xlsx`."""
    return workbook.with_name(f"{workbook.stem}-{name}{workbook.suffix}")
