"""A configuration, a ledger and a state directory for the board to show: made by code, no crawl, no portal."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from shopdata.config import ObjectStoreSettings, load_config
from shopdata.ledger import Ledger
from shopdata.ledger.schema import CellRow, PartitionRow, RawRow, Run
from shopdata.periods import SHANGHAI, days
from shopdata.reasons import NO_REASON, Reason
from shopdata.states import CellState

REPO = Path(__file__).parents[3]
NOW = datetime(2026, 11, 24, 8, 41, tzinfo=SHANGHAI)
RUN_ID = "20261124T003000Z-1a2b3c"
#: What the shipped configuration takes from the environment.
NEEDED = ("JD_FLAGSHIP_USERNAME", "JD_FLAGSHIP_PASSWORD", "SHOPDATA_S3_ENDPOINT", "SHOPDATA_S3_ACCESS_KEY",
          "SHOPDATA_S3_SECRET_KEY")  # fmt: skip
USER, PASSWORD = "board", "fake-board-password"

#: What somebody who controls a shop's display name might write into it. (What nobody sees is refused in shops.yaml.)
HOSTILE_NAMES = {
    "script": "<script>window.hurt=1</script>",
    "image": '"><img src=x onerror="window.hurt=1">',
    "right-to-left": "متجر الهجوم 店",
    "joiner": "a\u200db 店",
    "braces": "{{ 7 * 7 }}{% raw %}",
}


@dataclass
class BoardWorld:
    """Everything that a board needs, below one folder."""

    folder: Path
    shops: list[dict[str, Any]] = field(default_factory=list)
    jobs: list[dict[str, Any]] = field(default_factory=list)
    due: list[dict[str, Any]] = field(default_factory=list)
    #: What was put into the store, by key.
    stored: dict[str, bytes] = field(default_factory=dict)

    @property
    def state_dir(self) -> Path:
        return self.folder / "state"

    @property
    def config_dir(self) -> Path:
        return self.folder / "config"

    def add_shop(self, shop_id: str, name: str, platform: str, **more: Any) -> None:
        self.shops.append(
            {
                "id": shop_id,
                "name": name,
                "platform": platform,
                "username": shop_id,
                "password": f"fake-{shop_id}",
                **more,
            }
        )

    def write(self, store: ObjectStoreSettings | None = None) -> None:
        """Writes `pipelines_config`; call it before the ledger is filled."""
        shipped = REPO / "pipelines_config"
        shutil.copytree(shipped / "datasets", self.config_dir / "datasets", dirs_exist_ok=True)
        for name in ("portals.yaml", "schedule.yaml"):
            shutil.copy(shipped / name, self.config_dir)
        self._dump("shops.yaml", {"shops": self.shops})
        lake = {
            "endpoint": store.endpoint if store else "127.0.0.1:9",
            "secure": False,
            "access_key": store.access_key if store else "fake-access",
            "secret_key": store.secret_key.get_secret_value() if store else "fake-secret-of-the-store",
            "bucket": store.bucket if store else "warehouse",
            "connect_timeout_seconds": 1,
            "max_tries": 1,
        }
        self._dump("lake.yaml", {"object_store": lake})
        config = load_config(self.config_dir, {})
        for job in config.schedule.jobs:
            fires = job.trigger.get_next_fire_time(None, NOW)
            self.due.append(
                {
                    "job": job.name,
                    "spider": job.runs,
                    "arguments": dict(job.args),
                    "dataset": "" if job.command else job.name,
                    "cron": job.cron,
                    "is_enabled": True,
                    "is_paused": False,
                    "next_at": None if fires is None else fires.isoformat(),
                }
            )

    def tell_control(self) -> None:
        """What the service knows: jobs, and the clock's entries."""
        facts = {"jobs": self.jobs, "due": self.due}
        (self.folder / "control.json").write_text(json.dumps(facts, ensure_ascii=False), "utf-8")

    def fill(self, cells: list[CellRow], partitions: list[PartitionRow] = [], runs: list[Run] = []) -> None:  # noqa: B006
        """Puts rows into the ledger as they are, also with times of long ago."""
        with Ledger.at(self.state_dir) as ledger:
            ledger._database.write(lambda session: session.add_all([*cells, *partitions, *runs]))

    def _dump(self, name: str, content: Any) -> None:
        text = yaml.safe_dump(content, allow_unicode=True, sort_keys=False)
        (self.config_dir / name).write_text(text, "utf-8")


def cell(
    dataset: str,
    dt: str,
    shop: str,
    state: CellState,
    *,
    rows: int | None = None,
    reason: Reason = NO_REASON,
    **more: Any,
) -> CellRow:
    """A cell as the ledger keeps it, with a file where it has rows."""
    platform = dataset.partition("_")[0]
    raw = None
    if rows is not None and state in (CellState.PUBLISHED, CellState.STAGED, CellState.EMPTY):
        ext = "xlsx" if platform == "jd" else "json"
        raw = RawRow(
            dataset=dataset,
            dt=dt,
            shop=shop,
            key=f"raw/{platform}/{dataset}/dt={dt}/{shop}.{ext}",
            sha256="0" * 64,
            bytes=40_000 + rows * 31,
            ext=ext,
            rows=rows,
            fetched_at=NOW - timedelta(minutes=6),
            shop_name=shop,
            in_store=True,
            warnings=[],
            drift=[],
        )
    known = {"attempts": 1, "updated_at": NOW - timedelta(minutes=5), "run_id": RUN_ID}
    return CellRow(
        dataset=dataset,
        dt=dt,
        shop=shop,
        platform=platform,
        state=state.value,
        rows=rows,
        reason=reason.text,
        reason_code=reason.code,
        reason_params=dict(reason.params) or None,
        raw=raw,
        **(known | more),
    )


def partition(
    dataset: str, dt: str, rows: int, published: int, missing: list[dict[str, Any]], **more: Any
) -> PartitionRow:
    """A partition as the ledger keeps it."""
    platform = dataset.partition("_")[0]
    known = {
        "parquet_sha256": "1" * 64,
        "workbook_sha256": "2" * 64,
        "columns": ["shop", "SKU", "商品名称", "可用库存"],
    }
    return PartitionRow(
        dataset=dataset,
        platform=platform,
        dt=dt,
        rows=rows,
        published=published,
        missing=missing,
        run_id=RUN_ID,
        receipt_key=f"receipts/{platform}/{dataset}/dt={dt}.json",
        published_at=NOW - timedelta(minutes=3),
        **(known | more),
    )


def run(
    run_id: str, spider: str, *, started_at: datetime, minutes: float | None, outcome: str | None, **more: Any
) -> Run:
    """A run as the ledger keeps it."""
    finished_at = None if minutes is None else started_at + timedelta(minutes=minutes)
    known = {"arguments": {}, "counts": {}}
    return Run(
        run_id=run_id, spider=spider, started_at=started_at, finished_at=finished_at, outcome=outcome, **(known | more)
    )


def past_days(count: int, lag_days: int) -> list[str]:
    """Labels of the newest days of a dataset, the oldest first."""
    last = NOW.date() - timedelta(days=lag_days)
    return [day.isoformat() for day in days(last - timedelta(days=count - 1), last)]
