"""Two mornings for the board: an ordinary one, with one of every trouble, and a very large one."""

from __future__ import annotations

import hashlib
import json
import random
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from board_world import HOSTILE_NAMES, NOW, RUN_ID, BoardWorld, cell, partition, past_days, run
from sqlalchemy import select
from sqlalchemy.orm import Session

from shopdata.config import ObjectStoreSettings, load_config
from shopdata.ledger import Ledger
from shopdata.ledger.checked_files import Doubt, DoubtState
from shopdata.ledger.schema import CellRow, NodeRow, PartitionRow, RawRow
from shopdata.ledger.session_lives import SessionLife
from shopdata.periods import SHANGHAI
from shopdata.reasons import NO_REASON, Reason
from shopdata.sessions.checking import SessionState
from shopdata.sessions.sessions import SessionStore
from shopdata.states import CellState
from shopdata.store.object_store import ObjectStore
from shopdata.store.staging import Staging

JD_NAMES = (
    "回力京东旗舰店",
    "南极人京东自营店",
    "北岸户外旗舰店",
    "青禾家居专营店",
    "云杉母婴旗舰店",
    "小满食品旗舰店",
    "拾光数码专营店",
)
PDD_NAMES = ("回力拼多多旗舰店", "南极人官方店", "北岸户外专卖店", "青禾家居工厂店", "云杉母婴店", "小满零食店")
_TROUBLED = ("jd-03", "jd-04", "jd-05", "jd-06")
LAGS = {"pdd_kpi_days": 3, "pdd_chat": 1, "pdd_badscore": 1, "pdd_quality": 0}

SLIDER = "shop 'jd-05': JD asks for a slider. Sign in by hand with `scrapy login jd-05 --headed`."
RENAMED = (
    "pipelines_config/datasets/jd_store.yaml: required column '可用库存' is not in the workbook of shop 'jd-03' "
    "(2026-11-23). Found SKU, 商品名称, 可用库存件数. If JD renamed it, add the new name under `aliases`."
)
REFUSED_RUN = "spider 'jd_store' has no argument 'data'. Expected date, start. Did you mean `-a date=…`?"
REFUSED = "ppzh.jd.com: the report was refused (HTTP 503). Found no answer after 3 tries. Run again later."

REASONS = {
    SLIDER: Reason("captcha_wanted", {}, SLIDER),
    RENAMED: Reason("missing_columns", {"columns": ("可用库存",)}, RENAMED),
    REFUSED: Reason("http_status", {"status": 503}, REFUSED),
}


def left_out(row: CellRow) -> dict[str, Any]:
    """As a partition has a shop without rows."""
    reason = Reason(row.reason_code, row.reason_params or {}, row.reason)
    return {"id": row.shop, "state": row.state, **reason.as_json()}


def ordinary_morning(folder: Path, store: ObjectStoreSettings | None = None, *, is_hostile: bool = False) -> BoardWorld:
    """08:41: JD's inventory has one of every trouble, PDD's quality is through, the rest is not due yet."""
    world = BoardWorld(folder)
    names = list(HOSTILE_NAMES.values()) if is_hostile else []
    for number, name in enumerate([*JD_NAMES, *names], 1):
        world.add_shop(f"jd-{number:02}", name, "jd")
    for number, name in enumerate(PDD_NAMES, 1):
        world.add_shop(f"pdd-{number:02}", name, "pdd")
    world.write(store)
    luck = random.Random(7)
    cells, partitions = _jd(world, luck)
    for dataset, lag in LAGS.items():
        more = _pdd(world, dataset, lag, luck)
        cells += more[0]
        partitions += more[1]
    for dataset, dt in (("pdd_kpi_weekly", "2026-11-14_2026-11-20"), ("pdd_kpi_monthly", "2026-10-01_2026-10-31")):
        more = _whole(world, dataset, dt, luck)
        cells += more[0]
        partitions += more[1]
    start = NOW - timedelta(minutes=11)
    counts = {"published": 3, "needs_login": 1, "rejected": 1, "failed": 1, "running": 1}
    runs = [
        run(RUN_ID, "jd_store", started_at=start, minutes=None, outcome=None, arguments={}, pid=4242, host="warehouse",
            heartbeat_at=NOW - timedelta(seconds=20)),
        run("r-quality", "pdd_quality", started_at=NOW - timedelta(minutes=41), minutes=2.5, outcome="complete",
            counts={"published": 6}, arguments={}),
        run("r-preflight", "preflight", started_at=NOW - timedelta(minutes=61), minutes=1, outcome="complete",
            counts={"signed_in": 16, "renewed": 1, "needs_login": 1}, arguments={}),
        run("r-yesterday", "jd_store", started_at=start - timedelta(days=1), minutes=12, outcome="incomplete",
            counts=counts, arguments={"date": "2026-11-22"}),
        run("r-killed", "pdd_kpi", started_at=start - timedelta(days=2), minutes=None, outcome=None,
            arguments={"period": "day", "shops": "pdd-01,pdd-02"}, heartbeat_at=start - timedelta(days=2)),
        run("r-chosen", "jd_store", started_at=start - timedelta(days=3), minutes=12, outcome="complete",
            arguments={"periods": "2026-11-18,2026-11-19,2026-11-20,2026-11-21", "shops": "jd-01,jd-02,jd-03,jd-04",
                       "force": "1"}),
        run("r-by-hand", "pdd_badscore", started_at=NOW - timedelta(minutes=2), minutes=None, outcome=None,
            arguments={"date": "2026-11-20"}, heartbeat_at=NOW - timedelta(seconds=40), host="laptop", pid=77),
    ]  # fmt: skip
    world.fill(cells, partitions, runs)
    _log(world)
    _sessions(world)
    for due in world.due:
        last = {
            "pdd_quality": ("2026-11-24T08:00:00+08:00", "queued"),
            "jd_store": ("2026-11-24T08:30:00+08:00", "queued"),
        }
        if due["job"] in last:
            due["last_at"], due["last_state"] = last[due["job"]]
    world.due[4] |= {
        "is_paused": True,
        "next_at": None,
        "last_at": "2026-11-23T12:00:00+08:00",
        "last_state": "skipped",
    }
    missed = Reason("misfire_skip", {"late_seconds": 72_000}, "missed by 20 h; this job's `misfire` is skip")
    world.due[4] |= {"last_note": missed.text, "last_reasons": [missed.as_json()]}
    log = str(world.state_dir / "logs" / f"{RUN_ID}.log")
    world.jobs = [
        {"id": "waiting-1", "spider": "pdd_chat", "arguments": {"date": "2026-11-22"}, "state": "pending"},
        {"id": RUN_ID, "spider": "jd_store", "arguments": {}, "state": "running", "pid": 4242, "log": log,
         "started_at": start.isoformat()},
        *(_ended(NOW - timedelta(hours=hours), *about) for hours, about in enumerate((
            ("r-refused", "jd_store", {"data": "2026-11-23"}, 2),
            ("r-shot", "pdd_kpi", {"period": "week", "date": "2026-11-20"}, -9),
            ("r-crashed", "pdd_badscore", {"periods": "2026-11-01,2026-11-03,2026-11-05,2026-11-07"}, 1),
            ("r-unseen", "pdd_chat", {"due": "1"}, None),
        ), start=30)),
    ]  # fmt: skip
    world.tell_control()
    return world


#: A run that goes on, and one that has ended, each with members on several machines.
SHARED, ENDED = "20261124T003100Z-5d6e7f", "20261123T003100Z-aa00bb"
OTHER = "agency-b-77aa8800"


def several_machines(folder: Path) -> BoardWorld:
    """The same morning where services share the ledger: one is like this one, others are in every other state."""
    world = ordinary_morning(folder)
    began = NOW - timedelta(minutes=10)
    members = [
        run(f"{SHARED}.1", "pdd_chat", started_at=began, minutes=None, outcome=None, heartbeat_at=NOW, node="here"),
        run(f"{SHARED}.2", "pdd_chat", started_at=began + timedelta(minutes=1), minutes=None, outcome=None,
            heartbeat_at=NOW, node=OTHER),
        *(run(f"{ENDED}.{number}", "pdd_chat", started_at=began - timedelta(days=1), minutes=minutes, outcome=outcome,
              counts={"published": published, "failed": 6 - published}, node=node)
          for number, minutes, outcome, published, node in
          ((1, 7, "complete", 6, OTHER), (2, 4, "incomplete", 4, "agency-c-00112233"))),
    ]  # fmt: skip
    world.fill([], [], members)
    world.jobs += [
        {"id": f"{SHARED}.1", "spider": "pdd_chat", "arguments": {}, "state": "running", "pid": 4243,
         "started_at": began.isoformat()},
        {"id": f"{SHARED}.2", "spider": "pdd_chat", "arguments": {}, "state": "running", "node": OTHER},
        {"id": f"{SHARED}.3", "spider": "pdd_chat", "arguments": {}, "state": "pending"},
    ]  # fmt: skip
    copy = world.state_dir / "log-copies" / "pdd_chat" / f"{SHARED}.2.log"
    copy.parent.mkdir(parents=True)
    copy.write_text("2026-11-24 08:32:00+08:00 INFO    pdd-02: the other machine asks\n", "utf-8")
    world.tell_control()
    here = Staging(world.state_dir).node
    with Ledger.at(world.state_dir) as ledger:
        for name, state in (
            (here, "up"), (OTHER, "up"), ("agency-c-00112233", "draining"), ("agency-d-44556677", "stopped"),
            ("agency-e-8899aabb", "up"), ("agency-f-ccddeeff", "up"),
        ):  # fmt: skip
            version = "1.1.0-a1b2c3" if name != "agency-c-00112233" else "1.0.9-d4e5f6"
            ledger.nodes.beat_service(name, address=f"{name[:8]}.internal:6800", version=version, seats=4, state=state)
        ledger.nodes.beat("laptop-12345678")
        same = {"lake.yaml": "1", "shops.yaml": "2"}
        ledger.nodes.describe(here, config_parts=same, packages={"scrapy": "2.14.1"})
        ledger.nodes.describe(OTHER, config_parts=same, packages={"scrapy": "2.14.1"})
        other = same | {"lake.yaml": "3"}
        ledger.nodes.describe("agency-c-00112233", config_parts=other, packages={"scrapy": "2.14.0"})

        def change(session: Session) -> None:
            now, nodes = datetime.now(SHANGHAI), {node.name: node for node in session.scalars(select(NodeRow))}
            for node in nodes.values():
                if node.service_beat_at is not None:
                    # However long it takes until somebody looks, none of them is lost but this one.
                    is_lost = node.name == "agency-e-8899aabb"
                    node.service_beat_at = now - timedelta(minutes=5) if is_lost else now + timedelta(minutes=20)
            nodes["agency-f-ccddeeff"].state = "outdated"

        ledger._database.write(change)
        for number, node in ((1, here), (2, OTHER)):
            ledger.queue.add("shopdata", {"_job": f"{SHARED}.{number}", "name": "pdd_chat"}, 0, node)
            ledger.queue.take("shopdata", node, 3600, lambda message, n=number: message["_job"].endswith(f".{n}"))  # type: ignore[misc]
    return world


def looked_back_on(folder: Path) -> BoardWorld:
    """The same morning, with runs that have ended on the days before, files that were revised, and doubtful ones."""
    world = ordinary_morning(folder)
    luck = random.Random(3)

    def work(session: Session) -> None:
        for row in session.scalars(select(RawRow)):
            came = datetime.fromisoformat(f"{row.dt[-10:]}T08:30:00+08:00") + timedelta(
                days=1, minutes=luck.random() * 20
            )
            row.first_fetched_at = row.fetched_at = came
            row.seconds = luck.randint(20, 400)
            if luck.random() < 0.12 and came < NOW - timedelta(days=2):
                row.revised_at = row.fetched_at = came + timedelta(days=1)
                row.rows_before = int(row.rows * luck.uniform(0.5, 0.95))
        for published in session.scalars(select(PartitionRow)):
            published.run_id = f"{published.dataset}-{published.dt}"
            began = datetime.fromisoformat(f"{published.dt[-10:]}T08:30:00+08:00") + timedelta(days=1)
            length = timedelta(minutes=luck.randint(4, 14))
            published.published_at = began + length
            session.add(run(published.run_id, published.dataset, started_at=began, minutes=length.seconds / 60,
                            outcome="complete"))  # fmt: skip

    with Ledger.at(world.state_dir) as ledger:
        ledger._database.write(work)
        for dt, shop, state in (
            ("2026-11-22", "jd-01", DoubtState.CONFIRMED),
            ("2026-11-21", "jd-01", DoubtState.ACCEPTED),
            ("2026-11-17", "jd-02", DoubtState.CONFIRMED),
        ):
            ledger.checked.put(
                Doubt(dataset="jd_store", dt=dt, shop=shop, state=state, sha256="0" * 64, rows=12, answers=2,
                      found=[], updated_at=NOW)
            )  # fmt: skip
    return world


def _ended(at: datetime, run_id: str, spider: str, arguments: dict[str, str], exit_code: int | None) -> dict[str, Any]:
    """A job that the service has started, and of whose end the ledger knows nothing."""
    return {
        "id": run_id,
        "spider": spider,
        "arguments": arguments,
        "state": "finished",
        "started_at": at.isoformat(),
        "ended_at": (at + timedelta(seconds=4)).isoformat(),
        "exit_code": exit_code,
    }


def _jd(world: BoardWorld, luck: random.Random) -> tuple[list[CellRow], list[PartitionRow]]:
    shops = [shop["id"] for shop in world.shops if shop["platform"] == "jd"]
    *before, newest = past_days(16, 1)
    cells: list[CellRow] = []
    partitions: list[PartitionRow] = []
    for dt in before:
        found = [
            cell("jd_store", dt, shop, CellState.PUBLISHED, rows=luck.randint(900, 14000), run_id="r-yesterday")
            for shop in shops
        ]
        if dt.endswith("-19"):
            found[1] = cell("jd_store", dt, shops[1], CellState.FAILED, reason=REASONS[REFUSED], attempts=3)
        if dt.endswith("-15"):
            found = found[:2]
        if dt.endswith("-12"):
            found[0] = cell("jd_store", dt, shops[0], CellState.RUNNING, lease_until=NOW - timedelta(days=11))
        cells += found
        good = [row for row in found if row.rows]
        missing = [left_out(row) for row in found if not row.rows]
        partitions.append(partition("jd_store", dt, sum(row.rows or 0 for row in good), len(good), missing))
    states = {
        "jd-03": cell("jd_store", newest, "jd-03", CellState.REJECTED, reason=REASONS[RENAMED]),
        "jd-04": cell("jd_store", newest, "jd-04", CellState.FAILED, reason=REASONS[REFUSED], attempts=3),
        "jd-05": cell("jd_store", newest, "jd-05", CellState.NEEDS_LOGIN, reason=REASONS[SLIDER]),
        "jd-06": cell(
            "jd_store",
            newest,
            "jd-06",
            CellState.RUNNING,
            attempts=2,
            job={"name": "a report"},
            lease_until=NOW + timedelta(minutes=1),
        ),
    }
    for shop in shops:
        cells.append(
            states.get(shop) or cell("jd_store", newest, shop, CellState.PUBLISHED, rows=luck.randint(900, 14000))
        )
    today = [row for row in cells if row.dt == newest]
    missing = [left_out(row) for row in today if not row.rows]
    rows = sum(row.rows or 0 for row in today)
    partitions.append(
        partition("jd_store", newest, rows, len(today) - len(missing), missing, refresh_state="COMPLETED")
    )
    return cells, partitions


def _pdd(world: BoardWorld, dataset: str, lag: int, luck: random.Random) -> tuple[list[CellRow], list[PartitionRow]]:
    shops = [shop["id"] for shop in world.shops if shop["platform"] == "pdd"]
    cells: list[CellRow] = []
    partitions: list[PartitionRow] = []
    # What is due later this morning has nothing of today yet.
    for dt in past_days(12, lag) if dataset == "pdd_quality" else past_days(12, lag + 1):
        found = [
            cell(dataset, dt, shop, CellState.PUBLISHED, rows=luck.randint(3, 900), run_id="r-quality")
            for shop in shops
        ]
        if dataset == "pdd_badscore":
            found[-1] = cell(dataset, dt, shops[-1], CellState.EMPTY, rows=0)
        cells += found
        dremio = (
            {"refresh_state": "FAILED", "refresh_detail": "no answer", "refresh_code": "refresh_failed"}
            if dt == "2026-11-18"
            else {}
        )
        partitions.append(partition(dataset, dt, sum(row.rows or 0 for row in found), len(shops), [], **dremio))
    return cells, partitions


def _whole(world: BoardWorld, dataset: str, dt: str, luck: random.Random) -> tuple[list[CellRow], list[PartitionRow]]:
    shops = [shop["id"] for shop in world.shops if shop["platform"] == "pdd"]
    cells = [
        cell(dataset, dt, shop, CellState.PUBLISHED, rows=luck.randint(4, 60), run_id="r-weekly") for shop in shops[:-1]
    ]
    last = Reason("not_ready", {}, "The platform has not published this week yet. It is asked again.")
    cells.append(
        cell(dataset, dt, shops[-1], CellState.NOT_READY, reason=last, next_attempt_at=NOW + timedelta(minutes=30))
    )
    missing = [{"id": shops[-1], "state": "not_ready", **last.as_json()}]
    return cells, [partition(dataset, dt, sum(row.rows or 0 for row in cells), len(shops) - 1, missing)]


def _sessions(world: BoardWorld) -> None:
    """Most shops are signed in since some time, one waits for a person, one has a dead session, some have none."""
    store = SessionStore(world.state_dir / "sessions")
    for number, shop in enumerate(load_config(world.config_dir, {}).shops[:11]):
        if shop.id != "jd-06":
            store.save(shop, [{"name": "fake", "value": "fake", "domain": "example.com", "path": "/"}])
        if shop.id == "jd-05":
            store.park(shop, REASONS[SLIDER])
        if number % 3:
            store.note_check(shop, SessionState.DEAD if shop.id == "jd-02" else SessionState.ALIVE)
    for number, path in enumerate(sorted(store.folder.glob("*.session"))):
        data = json.loads(path.read_text("utf-8"))
        data |= {name: (NOW - timedelta(hours=age * (number + 1))).isoformat()
                 for name, age in (("saved_at", 9), ("checked_at", 0.4)) if name in data}  # fmt: skip
        path.write_text(json.dumps(data), "utf-8")
    # Those of JD have been seen to end often enough.
    with Ledger.at(world.state_dir) as ledger:
        for number in range(1, 12):
            began = NOW - timedelta(days=60 - number)
            life = SessionLife(
                platform="jd",
                shop="jd-01",
                signed_in_at=began,
                signed_in_by="password",
                last_good_at=began + timedelta(days=5 + number / 4),
            )
            ledger.session_lives.begin(life, "replaced")
            ledger.session_lives.end("jd", "jd-01", began, began + timedelta(days=9), "expired")


def _log(world: BoardWorld) -> None:
    log = world.state_dir / "logs" / f"{RUN_ID}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_text(
        "2026-11-24 08:30:02+08:00 INFO    Spider opened\n"
        "2026-11-24 08:30:09+08:00 INFO    jd_store jd-01 2026-11-23: staged, 8,213 rows\n"
        # As another zone would write it.
        "2026-11-24 00:31:40+00:00 WARNING jd_store jd-04 2026-11-23: HTTP 503, asked again in 4 s\n"
        f"2026-11-24 08:33:12+08:00 ERROR   jd_store jd-04 2026-11-23: {REFUSED}\n"
        "<script>window.hurt=1</script> and the rest of an answer\n"
        + "2026-11-24 08:33:13+08:00 INFO    jd_store jd-07 2026-11-23: staged, 6,472 rows\n"
        * 60
        + "2026-11-24 08:33:14+08:00 CRITICAL the disk is full\n"
        "2026-11-24 08:33:15+08:00 ERROR   and one more\n",
        "utf-8",
    )
    log.with_name("r-refused.log").write_text(f"{REFUSED_RUN}\n", "utf-8")


def publish(world: BoardWorld, settings: ObjectStoreSettings) -> dict[str, bytes]:
    """Puts JD's partition of the day into the store, as bytes that are no real files; returns them by key."""
    dt = "2026-11-23"
    shops = [shop for shop in world.shops if shop["platform"] == "jd" and shop["id"] not in _TROUBLED]
    contents = {
        f"merged/jd/jd_store/jd_store_{dt}.xlsx": b"PK\x03\x04 a workbook" * 5000,
        f"ods/jd/jd_store/dt={dt}/jd_store.parquet": b"PAR1 a partition" * 900,
        f"raw/jd/jd_store/dt={dt}/jd-01.xlsx": b"PK\x03\x04 a raw file",
    }
    facts = [
        {"key": key, "sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)} for key, data in contents.items()
    ]
    reports = (7213, 6040, 6472, 120, 4800, 88, 301, 95)
    receipt = {
        "dataset": "jd_store", "platform": "jd", "dt": dt, "run_id": RUN_ID, "rows": 26340, "columns": ["条形码"],
        "missing": [], "published_at": NOW.isoformat(), "refresh": {"state": "COMPLETED", "detail": ""},
        "shops": [
            {"id": shop["id"], "name": shop["name"], "rows": rows,
             "raw_key": f"raw/jd/jd_store/dt={dt}/{shop['id']}.xlsx", "sha256": "0" * 64,
             "bytes": 40_000 + rows * 31, "fetched_at": (NOW - timedelta(minutes=9 - number)).isoformat()}
            for number, (shop, rows) in enumerate(zip(shops, reports, strict=False))
        ],
        "workbook": facts[0] | {"rows": 26340, "sheets": ["数据"]},
        "parquet": facts[1] | {"rows": 26340},
        "warnings": [{"shop": "jd-02", "kind": "imprecise_number", "column": "条形码", "count": 3,
                      "text": "3 numbers in 条形码 have more than 15 digits: Excel has cut them."}],
        "drift": [{"shop": "jd-07", "kind": "new_column", "column": "预计到货", "count": 1,
                   "text": "The column 预计到货 is new; it is published after the known ones."}],
    }  # fmt: skip
    contents[f"receipts/jd/jd_store/dt={dt}.json"] = json.dumps(receipt, ensure_ascii=False).encode()
    with ObjectStore(settings) as store:
        store.ensure_bucket()
        for key, data in contents.items():
            store.put_bytes(key, data)
    return contents


def large_morning(folder: Path, shops: int) -> BoardWorld:
    """So many shops on each platform, every cell of the day known, some of them in trouble."""
    world = BoardWorld(folder)
    for platform in ("jd", "pdd"):
        for number in range(1, shops + 1):
            world.add_shop(f"{platform}-{number:03}", f"测试店铺 {platform} {number:03}", platform)
    world.write()
    luck = random.Random(1)
    latest = {
        "jd_store": "2026-11-23",
        "pdd_kpi_weekly": "2026-11-14_2026-11-20",
        "pdd_kpi_monthly": "2026-10-01_2026-10-31",
    }
    latest |= {name: past_days(1, lag)[0] for name, lag in LAGS.items()}
    cells = []
    for dataset, dt in latest.items():
        for shop in world.shops:
            if shop["platform"] == dataset.partition("_")[0]:
                state = luck.choices([CellState.PUBLISHED, CellState.FAILED, CellState.NEEDS_LOGIN], [95, 3, 2])[0]
                is_good = state is CellState.PUBLISHED
                cells.append(cell(dataset, dt, shop["id"], state, rows=luck.randint(1, 20000) if is_good else None,
                                  reason=NO_REASON if is_good else REASONS[REFUSED]))  # fmt: skip
    world.fill(cells)
    world.tell_control()
    return world
