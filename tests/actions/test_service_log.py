"""`scrapy service log`: a run may be named by what it collects."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from postgresql_server import PostgresServer
from scrapy.utils.project import get_project_settings

from sandbox.store import SeaweedStore
from shopdata.actions.service_log import log_of, show_log
from shopdata.config import ObjectStoreSettings
from shopdata.exceptions import ArgumentError
from shopdata.ledger import Ledger
from shopdata.service import log_view
from shopdata.service.crawls import Crawl, Crawls
from shopdata.service.log_copies import put_copy
from shopdata.service.log_view import copied_lines
from shopdata.service.options import ServiceOptions
from shopdata.store.object_store import ObjectStore
from shopdata.wording import Texts


def test_the_latest_run_of_a_dataset(tmp_path: Path) -> None:
    options, began = ServiceOptions(state_dir=tmp_path), datetime(2026, 3, 1, tzinfo=UTC)
    options.folder.mkdir(parents=True)
    crawls = Crawls(options.folder)
    for number, arguments in enumerate(({"period": "week"}, {"period": "week"}, {"period": "day"}, {})):
        job = f"run-{number}"
        moment = began + timedelta(hours=number)
        crawls.put(Crawl(job=job, project="shopdata", spider="pdd_kpi", arguments=arguments, started_at=moment))
        crawls.end(job, 0)
        log = options.logs / "shopdata" / "pdd_kpi" / f"{job}.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_text(job, "utf-8")
    settings = get_project_settings()
    assert log_of(options, "pdd_kpi_weekly", settings).job == "run-1"
    assert log_of(options, "pdd_kpi_days", settings).job == "run-3"
    assert log_of(options, "run-2", settings).job == "run-2"
    for name in ("pdd_kpi_monthly", "pdd_kpi_year"):
        with pytest.raises(ArgumentError, match=f"there is no log of {name}"):
            log_of(options, name, settings)


RUN = "20260301T003000Z-1a2b3c"


@pytest.mark.services
def test_a_member_on_another_machine(
    object_store: ObjectStore,
    object_store_server: SeaweedStore,
    store_settings: ObjectStoreSettings,
    postgresql_server: PostgresServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Of a run of three, this machine has had the second member; then another run of the spider was elsewhere."""
    for name, value in object_store_server.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("SHOPDATA_S3_BUCKET", store_settings.bucket)
    options, url = ServiceOptions(state_dir=tmp_path / "here"), postgresql_server.new_database()
    settings = get_project_settings()
    own = {
        "SHOPDATA_DATABASE_URL": url,
        "SHOPDATA_STATE_DIR": str(options.state_dir),
        "SHOPDATA_SECRET_KEY": "a test's key",
    }
    settings.setdict(own, "cmdline")
    here = options.logs / "shopdata" / "pdd_kpi" / f"{RUN}.2.log"
    for path in (here, *(tmp_path / f"{RUN}.{number}.log" for number in (1, 3)), tmp_path / "later.log"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"what {path.stem} did\n", "utf-8")
        put_copy(object_store, "pdd_kpi", path.stem, path)
    # The bucket knows whole seconds only.
    os.utime(here, (time.time() - 60,) * 2)

    def shown(name: str) -> str:
        show_log(options, name, settings, Texts("en"), follow=False)
        out, err = capsys.readouterr()
        assert ("of another machine, a copy of" in err) == (f"{RUN}.2" not in out)
        return out

    assert shown(f"{RUN}.3") == f"what {RUN}.3 did\n"
    assert shown(f"{RUN}.2") == shown(RUN) == f"what {RUN}.2 did\n"
    assert shown("later") == "what later did\n"
    with pytest.raises(ArgumentError, match=r"several logs fit '20260301'.*\.1, .*\.2, .*\.3.*Name one"):
        shown("20260301")
    with pytest.raises(ArgumentError, match="there is no log of nothing"):
        shown("nothing")
    with Ledger(url) as ledger:
        ledger.start_run(f"{RUN}.1", "pdd_kpi", {"period": "week"})
        ledger.start_run("later", "pdd_kpi", {"period": "day"})
    assert shown("pdd_kpi") == "what later did\n"
    assert shown("pdd_kpi_weekly") == f"what {RUN}.2 did\n"
    # What is here is shown while the bucket is away.
    monkeypatch.setenv("SHOPDATA_S3_ENDPOINT", "127.0.0.1:9")
    assert log_of(options, "1a2b3c.2", settings).path == here


def test_a_copy_is_gone_on_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each copy is a new file; of a long log it holds the end only, which begins somewhere else each time."""
    monkeypatch.setattr(log_view, "_SEAM_BYTES", len("three\n"))
    contents = ["one\ntwo\nthr", "one\ntwo\nthree\n", "[before]\ntwo\nthree\nfour\n", "[before]\nnine\n"]
    path = tmp_path / "a.log"
    waiting = iter(contents)

    def fetch() -> Path:
        path.write_text(next(waiting), "utf-8")
        return path

    shown = copied_lines(fetch, follow=True)
    lines = [next(shown) for _ in range(6)]
    assert lines == ["one", "two", "three", "four", "[before]", "nine"]
