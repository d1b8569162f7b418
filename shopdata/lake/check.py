"""Checks a raw file against its dataset and period, and keeps its parsed form: the work of `ValidatePipeline`."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path

from shopdata.config import Dataset
from shopdata.excel import read_table, sniff
from shopdata.excel.contract import check_period
from shopdata.exceptions import NotReadyError, RejectedFileError
from shopdata.files import HeldError, as_disk_error, sha256_of
from shopdata.periods import Period
from shopdata.store.staging import Staging


@dataclass(frozen=True)
class FileFacts:
    """What is known about a good raw file."""

    ext: str
    sha256: str
    size_bytes: int
    rows: int


def check_file(path: Path, name: str, dataset: Dataset, dt: str, shop_id: str, staging: Staging) -> FileFacts:
    """Reads the file once and saves it as a table, where the merge finds it.

    Raises:
        RejectedFileError: it is not what it should be, or of another period, or empty where that is not allowed.
        NotReadyError: it is empty because the platform has not published the period yet.
    """
    where = f"{name} {dt} shop {shop_id!r}"
    table = read_table(path, dataset, where=where)
    check_period(table, dataset, Period.from_dt(dt), where=where)
    if table.rows == 0 and dataset.empty_is_not_ready:
        raise NotReadyError(
            "the report has a header and no rows: the platform has not published this period yet",
            where=where,
            expected="at least one row",
            todo="Nothing to do now: the next run asks again.",
        )
    if table.rows == 0 and not dataset.allow_empty:
        raise RejectedFileError(
            "the report has a header and no rows",
            code="no_rows",
            where=where,
            expected="at least one row",
            todo=f"If a shop may have none, set `allow_empty: true` in datasets/{name}.yaml.",
        )
    sha256 = sha256_of(path)
    kept = staging.table(name, dt, shop_id, sha256)
    # Held: another run reads what these bytes were read as before.
    with as_disk_error(kept), contextlib.suppress(HeldError):
        table.save(kept)
    return FileFacts(ext=sniff(path), sha256=sha256, size_bytes=path.stat().st_size, rows=table.rows)
