"""What goes into the ledger and comes out of it. All times are aware, in Asia/Shanghai when they come out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from shopdata.accounts import Account
from shopdata.reasons import NO_REASON, Reason
from shopdata.states import CellState


@dataclass(frozen=True, order=True)
class CellKey:
    """Dataset x period x shop: the unit that succeeds or fails. `shop` is the shop's id."""

    dataset: str
    dt: str
    shop: str

    def __str__(self) -> str:
        return f"{self.dataset} {self.dt} {self.shop}"


@dataclass(frozen=True, kw_only=True)
class RawFile:
    """The last good file of a cell: on disk when staged, in the store when `in_store`."""

    key: str
    sha256: str
    bytes: int
    ext: str
    rows: int
    fetched_at: datetime
    #: The shop's display name when the file was fetched: shops leave the configuration, their days stay.
    shop_name: str = ""
    in_store: bool = False
    #: What a person should know about the file, one sentence each.
    warnings: tuple[str, ...] = ()
    #: How its columns differ from the contract; JSON values, as the contract's check gives them.
    drift: tuple[Any, ...] = ()
    #: The account that it came from, as `shopdata.accounts` has it; empty where nobody knows it.
    account: Account = field(default_factory=dict)
    #: On whose disk it is until the store holds it; empty where nobody knows.
    node: str = ""

    @property
    def state(self) -> CellState:
        """What its cell is until it is published."""
        return CellState.STAGED if self.rows else CellState.EMPTY


@dataclass(frozen=True, kw_only=True)
class Cell:
    """What is true about one cell.

    `state` and `reason` tell how the last try ended. `raw` is the last *good* file: a cell that is asked again and
    fails keeps it, so that published data never vanishes; `rows` is that file's count.
    """

    key: CellKey
    platform: str
    state: CellState
    rows: int | None
    attempts: int
    reason: Reason
    updated_at: datetime
    run_id: str
    raw: RawFile | None = None
    #: The report job that the portal made for this cell and that was not downloaded yet, as its spider described it.
    job: Mapping[str, Any] | None = None
    #: Who asks for it now, and until when that is so without a sign of life; empty if nobody does.
    lease_owner: str = ""
    lease_until: datetime | None = None
    #: A `not_ready` cell is due again at this time, and has been `not_ready` since then.
    next_attempt_at: datetime | None = None
    since_not_ready: datetime | None = None

    @property
    def dataset(self) -> str:
        return self.key.dataset

    @property
    def dt(self) -> str:
        return self.key.dt

    @property
    def shop(self) -> str:
        return self.key.shop

    @property
    def ended_tries(self) -> int:
        """How often somebody has asked for it and knows what came of it: one that asks now is not counted."""
        return self.attempts - (self.state is CellState.RUNNING)

    def as_json(self) -> dict[str, Any]:
        """As `scrapy status --json` and cells.json have it."""
        return {
            "dataset": self.dataset,
            "dt": self.dt,
            "shop": self.shop,
            "state": self.state.value,
            "rows": self.rows,
            "attempts": self.attempts,
            **self.reason.as_json(),
            "updated_at": self.updated_at.isoformat(timespec="seconds"),
        }


@dataclass(frozen=True, kw_only=True)
class MissingShop:
    """A shop whose rows are not in a partition, and why."""

    id: str
    state: CellState
    reason: Reason

    def as_json(self) -> dict[str, Any]:
        """As receipts and `scrapy status --json` have it."""
        return {"id": self.id, "state": self.state.value, **self.reason.as_json()}


@dataclass(frozen=True, kw_only=True)
class PartitionRecord:
    """What was published for one dataset and period. Sums are hex digests of sha256."""

    dataset: str
    platform: str
    dt: str
    rows: int
    #: The number of shops whose rows are in it.
    published: int
    missing: tuple[MissingShop, ...]
    run_id: str
    receipt_key: str
    parquet_sha256: str
    workbook_sha256: str
    published_at: datetime
    #: The columns in the order they were published, `shop` first; see `kept_columns.py`.
    columns: tuple[str, ...] = ()
    #: The sum of each shop's raw file that is in it, by shop id; None if that was not kept yet.
    shops: Mapping[str, str] | None = None
    #: The columns that its files had, of `columns`; None if that was not kept yet.
    seen: tuple[str, ...] | None = None
    #: What Dremio said: empty until it was told, then for example COMPLETED; without a code where it has no trouble.
    refresh_state: str = ""
    refresh_reason: Reason = NO_REASON


@dataclass(frozen=True, kw_only=True)
class Traffic:
    """What was asked of portals: by us, by a page in the browser, and for sign-ins there."""

    requests: int = 0
    page_requests: int = 0
    logins: int = 0
    #: Those whose credentials were refused.
    logins_refused: int = 0


@dataclass(frozen=True, kw_only=True)
class RunRecord:
    """A run: one crawl, or its members on several machines as one (`whole_runs.py`).

    `outcome` and `finished_at` are None while it runs, or when it was killed.
    """

    run_id: str
    spider: str
    arguments: Mapping[str, Any]
    started_at: datetime
    finished_at: datetime | None = None
    outcome: str | None = None
    counts: Mapping[str, int] = field(default_factory=dict)
    #: Its last sign of life, and the process that it is or was.
    heartbeat_at: datetime | None = None
    host: str | None = None
    pid: int | None = None
    exit_code: int | None = None
    #: The state directory that it works in; empty where nobody kept it.
    node: str = ""
    #: By their numbers; empty of a run that is one crawl.
    members: tuple[RunRecord, ...] = ()
