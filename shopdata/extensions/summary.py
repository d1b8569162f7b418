"""What a run says at its end: what was published and where, and what is missing, each reason once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from shopdata.alerts.causes import Trouble, causes_of, trouble_of
from shopdata.alerts.in_words import what_of, who_of
from shopdata.items import Partition
from shopdata.states import CellState

#: Of so many partitions every file is named; of more, one line each.
_FEW = 3


def published_lines(partitions: Sequence[Partition], seconds: float) -> Iterator[str]:
    """What was published: rows, shops, and where it lies."""
    for partition in partitions:
        receipt = partition.receipt
        yield (
            f"{receipt['dataset']} {receipt['dt']}: {receipt['rows']:,} rows of {len(receipt['shops'])} shops "
            f"published, {len(receipt['missing'])} missing, {seconds:.0f} s"
        )
        if len(partitions) <= _FEW:
            for part in ("workbook", "parquet"):
                yield f"  {part:<9} {receipt[part]['key']}  ({receipt[part]['bytes']:,} bytes)"
            yield f"  on disk   {_short(partition.workbook)}"
        if receipt["refresh"]["state"] == "FAILED":
            yield f"  Dremio    not refreshed: {receipt['refresh']['detail']}"
    if len(partitions) > _FEW and (workbook := partitions[-1].workbook) is not None:
        yield f"  on disk   {_short(workbook.parent)}"


def missing_in(receipt: dict[str, Any], names: dict[str, str]) -> Iterator[Trouble]:
    """The shops that a receipt calls missing.

    Args:
        names: of shops, by id.
    """
    for entry in receipt["missing"]:
        shop = entry["id"]
        state, name = CellState(entry["state"]), names.get(shop, "")
        yield trouble_of(state, entry["reason"], shop=shop, name=name, dt=receipt["dt"])


def missing_lines(troubles: Sequence[Trouble]) -> Iterator[str]:
    """One line for each reason, with its shops and, where there are several, periods."""
    with_periods = len({trouble.dt for trouble in troubles}) > 1
    for cause in causes_of(troubles):
        yield f"  missing   {who_of(cause, with_periods=with_periods)}: {what_of(cause)}"


def _short(path: Path | None) -> str:
    """Relative to where the command was typed, if it lies below."""
    if path is None:
        return ""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)
