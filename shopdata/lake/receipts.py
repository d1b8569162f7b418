"""Makes the receipt of a partition: what was published, from what, and what is missing (docs/reference.md#receipt).

`published.py` reads it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shopdata.excel.merging.merge import Merged
from shopdata.files import sha256_of
from shopdata.ledger import MissingShop, RawFile


@dataclass(frozen=True)
class StagedShop:
    """A shop whose file is in the partition."""

    id: str
    name: str
    raw: RawFile


def begin_receipt(
    *, dataset: str, platform: str, dt: str, run_id: str, shops: Sequence[StagedShop], missing: Sequence[MissingShop]
) -> dict[str, Any]:
    """A receipt before the merge; `add_merged` and publishing complete it."""
    return {
        "dataset": dataset,
        "platform": platform,
        "dt": dt,
        "run_id": run_id,
        "rows": 0,
        "columns": [],
        "shops": [
            {
                "id": shop.id,
                "name": shop.name,
                "rows": shop.raw.rows,
                "raw_key": shop.raw.key,
                "sha256": shop.raw.sha256,
                "bytes": shop.raw.bytes,
                "fetched_at": shop.raw.fetched_at.isoformat(timespec="seconds"),
            }
            for shop in shops
        ],
        "missing": [{"id": m.id, "state": m.state.value, "reason": m.reason} for m in missing],
        "parquet": {},
        "workbook": {},
        "published_at": "",
        "refresh": {"state": "", "detail": ""},
        "restated": [],
        "warnings": [],
        "drift": [],
        "accounts": {shop.id: dict(shop.raw.account) for shop in shops if shop.raw.account},
    }


def add_merged(
    receipt: dict[str, Any], merged: Merged, *, workbook: tuple[str, Path], parquet: tuple[str, Path]
) -> None:
    """Writes what came of the merge; each file as its key and where it lies."""
    receipt["rows"] = merged.rows
    receipt["columns"] = list(merged.columns)
    receipt["warnings"] = list(merged.warnings)
    receipt["drift"] = list(merged.drift)
    receipt["parquet"] = {**_facts(*parquet), "rows": merged.rows}
    receipt["workbook"] = {**_facts(*workbook), "rows": merged.rows, "sheets": list(merged.sheets)}
    for shop in receipt["shops"]:
        rows = merged.rows_by_shop[shop["id"]]
        if rows != shop["rows"]:
            receipt["warnings"].append(_miscounted(shop, rows))
        shop["rows"] = rows


def _miscounted(shop: dict[str, Any], rows: int) -> dict[str, Any]:
    """Rows that came are rows that are published, or somebody is told."""
    text = f"the file had {shop['rows']} rows when it was collected, and has {rows} by today's contract"
    return {"shop": shop["id"], "kind": "row_count", "column": "", "count": abs(rows - shop["rows"]), "text": text}


def encode_receipt(receipt: dict[str, Any]) -> bytes:
    """As UTF-8 JSON for people and programs."""
    return (json.dumps(receipt, ensure_ascii=False, indent=2) + "\n").encode()


def _facts(key: str, path: Path) -> dict[str, Any]:
    return {"key": key, "sha256": sha256_of(path), "bytes": path.stat().st_size}
