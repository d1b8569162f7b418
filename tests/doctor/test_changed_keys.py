"""A portal of which nearly every fact has changed, and a configuration with the keys that the doctor names: it is
collected as ever, without a line of code."""

from __future__ import annotations

import io
import secrets
from datetime import date, timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from table import CASES, JD, PDD
from test_every_change import edit
from workplace import Workplace

from sandbox import Sandbox, SandboxOptions
from sandbox.store import SeaweedStore
from shopdata.periods import today

pytestmark = [pytest.mark.browser, pytest.mark.services]

#: With what is asked for each dataset; the KPI is five days behind now.
CRAWLS = {
    "jd_store": ("jd_store",),
    "pdd_kpi_days": ("pdd_kpi",),
    "pdd_badscore": ("pdd_badscore",),
    "pdd_quality": ("pdd_quality",),
    "pdd_chat": ("pdd_chat",),
}
DAYS_BACK = {"jd_store": 1, "pdd_kpi_days": 5, "pdd_badscore": 1, "pdd_quality": 0, "pdd_chat": 1}
#: No key answers these, or nothing need be changed for them.
WITHOUT_KEY = {"jd_list_signed", "pdd_hidden_digits", "clock_slow"}


def test_changed_keys_are_enough(object_store_server: SeaweedStore, tmp_path: Path) -> None:
    options = SandboxOptions(
        shops=1, pdd_shops=1, rows=5, reviews=50, goods=45, conversations=2, form="old", report_seconds=0.1
    )
    cases = [case for case in CASES if case.change not in WITHOUT_KEY]
    with Sandbox(options) as sandbox:
        place = Workplace(tmp_path, sandbox, object_store_server.settings(bucket=f"test-{secrets.token_hex(6)}"))
        try:
            # What are other words for a field that has another name, too, is written once for both.
            edits = [change for case in cases for change in case.edits]
            edit(place.config_dir, edits, sandbox)
            edit(
                place.config_dir,
                [
                    ("recipes/jd_store.yaml", ("steps", 0, "status", "at"), "phase"),
                    (
                        "recipes/jd_store.yaml",
                        ("steps", 0, "find", "where"),
                        {"reportType": "scmProductPro", "fileName": {"like": "{report.name}"}},
                    ),
                ],
                sandbox,
            )
            place.sign_in(JD, PDD)
            sandbox.changes.set(*(case.change for case in cases))
            # By the new answer to a dead session they are known for dead, and by the new forms signed in.
            sandbox.expire_sessions()
            published = {}
            for dataset, command in CRAWLS.items():
                day = today() - timedelta(days=DAYS_BACK[dataset])
                run = place.scrapy("crawl", *command)
                assert run.code == 0, (dataset, run.text)
                published[dataset] = rows_of(place, dataset, day)
                shop = JD if dataset.startswith("jd") else PDD
                assert published[dataset] == len(sandbox.truth(shop, day, dataset=dataset).rows), dataset
            assert min(published.values()) > 0
            assert sandbox.counters().logins == {JD: 1, PDD: 1}
        finally:
            place.close()


def rows_of(place: Workplace, dataset: str, day: date) -> int:
    platform = dataset.partition("_")[0]
    with place.objects() as objects:
        data = objects.get_bytes(f"ods/{platform}/{dataset}/dt={day}/{dataset}.parquet")
    return pq.read_table(io.BytesIO(data)).num_rows
