"""What a run says at its end: what was published and where, and what is missing, each reason once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from shopdata.alerts.causes import Trouble, causes_of, trouble_of
from shopdata.alerts.in_words import what_of, who_of
from shopdata.items import Partition
from shopdata.lake.receipts import Receipt
from shopdata.periods import in_ranges

#: Of so many partitions every file is named; of more, one line each.
_FEW = 3


def published_lines(partitions: Sequence[Partition], seconds: float) -> Iterator[str]:
    """What was published: rows, shops, and where it lies. Of many periods those together that went the same way."""
    if len(partitions) <= _FEW:
        for partition in partitions:
            yield _published([partition.receipt], seconds)
            for name, part in (("workbook", partition.receipt.workbook), ("parquet", partition.receipt.parquet)):
                yield f"  {name:<9} {part.key}  ({part.bytes:,} bytes)"
            yield f"  on disk   {_short(partition.built.workbook)}"
    else:
        alike: dict[tuple[int, int], list[Receipt]] = {}
        for receipt in (partition.receipt for partition in partitions):
            alike.setdefault((len(receipt.shops), len(receipt.missing)), []).append(receipt)
        for receipts in alike.values():
            yield _published(receipts, seconds)
        yield f"  on disk   {_short(partitions[-1].built.workbook.parent)}"
    failed: dict[str, list[str]] = {}
    for receipt in (partition.receipt for partition in partitions):
        if receipt.refresh.state == "FAILED":
            failed.setdefault(receipt.refresh.detail, []).append(receipt.dt)
    for detail, dts in failed.items():
        yield f"  Dremio    {in_ranges(dts)} not refreshed: {detail}"


def _published(receipts: Sequence[Receipt], seconds: float) -> str:
    """One line about periods with as many shops, and as many missing."""
    first, rows = receipts[0], sum(receipt.rows for receipt in receipts)
    each = " each" if len(receipts) > 1 else ""
    return (
        f"{first.dataset} {in_ranges([receipt.dt for receipt in receipts])}: {rows:,} rows of "
        f"{len(first.shops)} shops{each} published, {len(first.missing)} missing{each}, {seconds:.0f} s"
    )


def missing_in(receipt: Receipt, names: dict[str, str]) -> Iterator[Trouble]:
    """The shops that a receipt calls missing.

    Args:
        names: of shops, by id.
    """
    for shop in receipt.missing:
        yield trouble_of(shop.state, shop.reason, shop=shop.id, name=names.get(shop.id, ""), dt=receipt.dt)


def missing_lines(troubles: Sequence[Trouble]) -> Iterator[str]:
    """One line for each reason, with its shops and, where there are several, periods."""
    with_periods = len({trouble.dt for trouble in troubles}) > 1
    for cause in causes_of(troubles):
        yield f"  missing   {who_of(cause, with_periods=with_periods)}: {what_of(cause)}"


def _short(path: Path) -> str:
    """Relative to where the command was typed, if it lies below."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)
