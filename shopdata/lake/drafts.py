"""Makes the draft of a receipt: what a merge has brought, before anything of it is put into the store."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from shopdata.excel.merging.merge import Merged
from shopdata.excel.tables import Finding
from shopdata.files import sha256_of
from shopdata.lake.receipts import (
    Draft,
    LeftOutShop,
    Note,
    PublishedFile,
    PublishedShop,
    PublishedVolume,
    PublishedWorkbook,
)
from shopdata.ledger import MissingShop, RawFile
from shopdata.store.keys import parquet_key, volume_key, workbook_key


@dataclass(frozen=True)
class StagedShop:
    """A shop whose file is in the partition."""

    id: str
    name: str
    raw: RawFile


@dataclass(frozen=True)
class Built:
    """A merged partition on disk, with what its receipt will say."""

    workbook: Path
    parquet: Path
    draft: Draft
    #: Where the volumes of the workbook lie, in their order.
    volumes: tuple[Path, ...] = ()
    #: True where the store may hold volumes: of this partition, or of the one before.
    may_have_volumes: bool = False


def draft_of(
    merged: Merged,
    *,
    dataset: str,
    platform: str,
    dt: str,
    run_id: str,
    shops: Sequence[StagedShop],
    missing: Sequence[MissingShop],
    parquet: Path,
    drift: Iterable[Note] = (),
    doubtful: Iterable[Note] = (),
    checks: Mapping[str, int] | None = None,
) -> Draft:
    """What is known of a partition after its merge.

    Args:
        parquet: where its Parquet file lies.
        drift: what is to be said of its columns beside what the merge has found.
        doubtful: what the checks of its files have found.
        checks: how many files were judged, and so on.
    """
    about = (platform, dataset, dt)
    return Draft(
        dataset=dataset,
        platform=platform,
        dt=dt,
        run_id=run_id,
        rows=merged.rows,
        columns=tuple(merged.columns),
        shops=tuple(_published(shop, merged.rows_by_shop[shop.id]) for shop in shops),
        missing=tuple(LeftOutShop.of(shop) for shop in missing),
        parquet=PublishedFile(key=parquet_key(*about), rows=merged.rows, **_facts(parquet)),
        workbook=PublishedWorkbook(
            key=workbook_key(*about),
            rows=merged.workbook_rows,
            sheets=tuple(merged.sheets),
            volumes=tuple(
                PublishedVolume(
                    key=volume_key(*about, volume.name),
                    name=volume.name,
                    shops=volume.shop_ids,
                    rows=volume.rows,
                    sheets=volume.sheets,
                    bytes=volume.bytes,
                    sha256=volume.sha256,
                )
                for volume in merged.volumes
            ),
            **_facts(merged.workbook),
        ),
        warnings=(*_notes(merged.warnings), *_miscounted(shops, merged), *doubtful),
        drift=(*_notes(merged.drift), *drift),
        checks=dict(checks or {}),
        accounts={shop.id: dict(shop.raw.account) for shop in shops if shop.raw.account},
    )


def _published(shop: StagedShop, rows: int) -> PublishedShop:
    raw = shop.raw
    return PublishedShop(
        id=shop.id,
        name=shop.name,
        rows=rows,
        raw_key=raw.key,
        sha256=raw.sha256,
        bytes=raw.bytes,
        fetched_at=raw.fetched_at.replace(microsecond=0),
    )


def _facts(path: Path) -> dict[str, Any]:
    return {"sha256": sha256_of(path), "bytes": path.stat().st_size}


def _notes(findings: Iterable[tuple[str, Finding]]) -> Iterator[Note]:
    return (Note(shop=shop, **asdict(finding)) for shop, finding in findings)


def _miscounted(shops: Sequence[StagedShop], merged: Merged) -> Iterator[Note]:
    """Rows that came are rows that are published, or somebody is told."""
    for shop in shops:
        came, rows = shop.raw.rows, merged.rows_by_shop[shop.id]
        if rows != came:
            text = f"the file had {came} rows when it was collected, and has {rows} by today's contract"
            yield Note(shop=shop.id, kind="row_count", count=abs(rows - came), text=text)
