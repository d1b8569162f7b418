"""The two things that walk through the pipelines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from shopdata.checks.facts import Facts
from shopdata.lake.drafts import Built
from shopdata.lake.receipts import Receipt
from shopdata.ledger import CellKey
from shopdata.periods import SHANGHAI


@dataclass(kw_only=True)
class ReportFile:
    """One cell's raw file: what a portal sent for one dataset, period and shop.

    The spider fills the first part: dataset, period and shop, and either `body` or `path`. `AdmitPipeline` completes
    it, `ValidatePipeline` and `StagePipeline` fill the second. From the first pipeline on the bytes lie on disk, so
    that neither a log line nor 500 shops in one run hold them in memory.
    """

    dataset: str
    #: The period: `YYYY-MM-DD`, or first and last day with `_` between.
    dt: str
    #: In shops.yaml.
    shop_id: str
    #: The bytes as they came, if `path` does not say where they lie.
    body: bytes = field(default=b"", repr=False)
    path: Path = Path()
    fetched_at: datetime = field(default_factory=lambda: datetime.now(SHANGHAI))
    platform: str = ""
    shop_name: str = ""
    #: True once the run holds its cell; until then the file is the spider's own.
    is_admitted: bool = False
    #: True if the cell is published and only asked for again to see whether its figures were revised.
    is_recheck: bool = False
    #: True if the portal has said how many rows there are, and so many came: no statistic is asked then.
    is_counted: bool = False

    #: The extension by content: xlsx, xls, csv, zip, json.
    ext: str = ""
    sha256: str = ""
    size_bytes: int = 0
    rows: int = 0
    #: What it says about itself, for its checks.
    facts: Facts = field(default=Facts(0), repr=False)
    raw_key: str = ""
    #: Whose file it is, for `shopdata.accounts`.
    account: Mapping[str, str] = field(default_factory=dict)

    @property
    def key(self) -> CellKey:
        """Its cell."""
        return CellKey(self.dataset, self.dt, self.shop_id)


@dataclass(kw_only=True)
class Partition:
    """All staged shops of one dataset and period, on their way to being published.

    Made when no file of its period is in work any more; Merge fills in what it built, Publish the receipt.
    """

    dataset: str
    platform: str
    dt: str
    run_id: str

    #: The merged files, and what their receipt will say; there from MergePipeline on.
    built: Built = field(init=False, repr=False)
    #: What lies in the store; there from PublishPipeline on. RefreshPipeline puts another in its place.
    receipt: Receipt = field(init=False, repr=False)
