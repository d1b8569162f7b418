"""A program that publishes one partition again and again, until it is done or killed: `python publishing.py ORDER`.

Of its standard input each line is a version and a point: a forked process publishes from this version on, and is killed
at that point; where none is named, it publishes all. What is published is told line by line, then the exit code.

Version n has n rows of each shop, and every row says n: who sees half of it can tell.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet

from shopdata import failpoints
from shopdata.config import ObjectStoreSettings
from shopdata.files import sha256_of
from shopdata.lake.drafts import Built
from shopdata.lake.publishing import publish_partition
from shopdata.lake.receipts import Draft
from shopdata.ledger import Ledger
from shopdata.store.keys import parquet_key, raw_key, workbook_key
from shopdata.store.object_store import ObjectStore

DATASET, PLATFORM, DT = "jd_store", "jd", "2026-03-01"
SHOPS = ("one", "two", "three")


@dataclass
class Order:
    """Where to publish, and how many versions there are."""

    folder: str
    store: dict[str, Any]
    versions: int

    def as_argument(self) -> str:
        return json.dumps(asdict(self))


def publish(version: int, folder: Path, ledger: Ledger, store: ObjectStore) -> None:
    rows = [(shop, str(version)) for shop in SHOPS for _ in range(version)]
    parquet, workbook = folder / "day.parquet", folder / "day.xlsx"
    pyarrow.parquet.write_table(
        pa.table({"shop": [shop for shop, _ in rows], "version": [n for _, n in rows]}), parquet
    )
    workbook.write_bytes(f"{version}\n".encode() * len(rows))
    about = {"rows": len(rows), "platform": PLATFORM, "dataset": DATASET, "dt": DT}
    draft = Draft.model_validate_json(
        json.dumps(
            about
            | {
                "run_id": f"run-{version}",
                "columns": ["shop", "version"],
                "shops": [
                    {
                        "id": shop,
                        "name": shop,
                        "rows": version,
                        "raw_key": raw_key(PLATFORM, DATASET, DT, shop, "csv"),
                        "sha256": f"{version:064x}",
                        "bytes": version,
                        "fetched_at": "2026-03-02T08:30:00+08:00",
                    }
                    for shop in SHOPS
                ],
                "missing": [],
                "parquet": facts(parquet_key(PLATFORM, DATASET, DT), parquet, len(rows)),
                "workbook": facts(workbook_key(PLATFORM, DATASET, DT), workbook, len(rows)),
            }
        )
    )
    publish_partition(Built(workbook, parquet, draft), has_dremio=False, ledger=ledger, store=store)


def facts(key: str, path: Path, rows: int) -> dict[str, Any]:
    return {"key": key, "sha256": sha256_of(path), "bytes": path.stat().st_size, "rows": rows}


def publish_on(order: Order, first: int, failpoint: str) -> None:
    folder = Path(order.folder)
    if failpoint:
        failpoints.arm(failpoint)
    with Ledger.at(folder) as ledger, ObjectStore(ObjectStoreSettings.model_validate(order.store)) as store:
        for version in range(first, order.versions + 1):
            publish(version, folder, ledger, store)
            print(version, flush=True)


def main(order: Order) -> None:
    for line in sys.stdin:
        first, _, failpoint = line.strip().partition(" ")
        if (process := os.fork()) == 0:
            publish_on(order, int(first), failpoint)
            return
        _, status = os.waitpid(process, 0)
        print("ended", os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    main(Order(**json.loads(sys.argv[1])))
