"""What a run says at its end: what was published and where, and what is missing, each reason once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.cells import cell_len

from shopdata.alerts.causes import Trouble, causes_of, trouble_of
from shopdata.alerts.in_words import what_of, who_of
from shopdata.items import Partition
from shopdata.lake.receipts import Receipt
from shopdata.store.keys import volume_prefix
from shopdata.wording import Texts

#: Of so many partitions every file is named; of more, one line each.
_FEW = 3


def published_lines(t: Texts, partitions: Sequence[Partition], seconds: float) -> Iterator[str]:
    """What was published: rows, shops, and where it lies. Of many periods those together that went the same way."""
    if len(partitions) <= _FEW:
        for partition in partitions:
            yield _published(t, [partition.receipt], seconds)
            for label, part in (("workbook", partition.receipt.workbook), ("parquet", partition.receipt.parquet)):
                yield _labelled(t(f"crawl.{label}"), t("crawl.file", key=part.key, bytes=part.bytes))
            if volumes := partition.receipt.workbook.volumes:
                receipt = partition.receipt
                key = volume_prefix(receipt.platform, receipt.dataset, receipt.dt) + "*.xlsx"
                told = t("crawl.file", key=key, bytes=sum(volume.bytes for volume in volumes))
                yield _labelled(t("crawl.volumes", n=len(volumes)), told)
            yield _labelled(t("crawl.on_disk"), _short(partition.built.workbook))
    else:
        alike: dict[tuple[int, int], list[Receipt]] = {}
        for receipt in (partition.receipt for partition in partitions):
            alike.setdefault((len(receipt.shops), len(receipt.missing)), []).append(receipt)
        for receipts in alike.values():
            yield _published(t, receipts, seconds)
        yield _labelled(t("crawl.on_disk"), _short(partitions[-1].built.workbook.parent))
    failed: dict[str, list[str]] = {}
    for receipt in (partition.receipt for partition in partitions):
        if receipt.refresh.state == "FAILED":
            failed.setdefault(receipt.refresh.detail, []).append(receipt.dt)
    for detail, dts in failed.items():
        yield _labelled("Dremio", t("crawl.not_refreshed", periods=t.labels(dts), why=detail))


def _labelled(label: str, text: str) -> str:
    return f"  {label}{' ' * (10 - cell_len(label))}{text}"


def _published(t: Texts, receipts: Sequence[Receipt], seconds: float) -> str:
    """One line about periods with as many shops, and as many missing."""
    first, rows = receipts[0], sum(receipt.rows for receipt in receipts)
    return t(
        "crawl.published_each" if len(receipts) > 1 else "crawl.published",
        dataset=first.dataset,
        periods=t.labels([receipt.dt for receipt in receipts]),
        rows=rows,
        shops=len(first.shops),
        missing=len(first.missing),
        seconds=round(seconds),
    )


def missing_in(receipt: Receipt, names: dict[str, str]) -> Iterator[Trouble]:
    """The shops that a receipt calls missing.

    Args:
        names: of shops, by id.
    """
    for shop in receipt.missing:
        yield trouble_of(shop.state, shop.missing.reason, shop=shop.id, name=names.get(shop.id, ""), dt=receipt.dt)


def missing_lines(t: Texts, troubles: Sequence[Trouble]) -> Iterator[str]:
    """One line for each reason, with its shops and, where there are several, periods."""
    with_periods = len({trouble.dt for trouble in troubles}) > 1
    for cause in causes_of(troubles):
        who = who_of(t, cause, with_periods=with_periods)
        yield _labelled(t("crawl.missing"), t("crawl.lacks", who=who, what=what_of(t, cause)))


def _short(path: Path) -> str:
    """Relative to where the command was typed, if it lies below."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)
