"""The store is down, or somebody presses Ctrl-C: nothing is lost, nothing is left behind, the next run goes on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import lake_readers
import pytest
from faulty_http import closed_port
from workplace import Workplace, crawl_command

from sandbox import Fault

pytestmark = [pytest.mark.browser, pytest.mark.services]

DAY, OTHER_DAY = date(2026, 3, 1), date(2026, 3, 2)


def test_a_store_that_is_down(make_workplace: Callable[..., Workplace]) -> None:
    dead_endpoint = closed_port()
    place = make_workplace(shops=2)
    place.edit("lake.yaml", lambda lake: lake["object_store"].update(max_tries=1))
    place.sign_in("sandbox-01", "sandbox-02")

    run = place.crawl(f"date={DAY}", SHOPDATA_S3_ENDPOINT=dead_endpoint)
    assert run.code == 1
    assert "Traceback" not in run.text
    assert dead_endpoint in run.err
    assert "Raw files stay in the outbox; the next run sends them." in run.err
    outbox = place.state_dir / "raw" / "jd" / "jd_store" / f"dt={DAY}"
    assert {path.name for path in outbox.iterdir()} == {"sandbox-01.xlsx", "sandbox-02.xlsx"}
    assert set(place.states(str(DAY)).values()) == {"staged"}
    assert place.status()["partitions"] == []

    # All files are there, and still it is not published: nobody may read that it was.
    run = place.crawl(f"date={DAY}", SHOPDATA_S3_ENDPOINT=dead_endpoint)
    assert run.code == 1
    assert "all was published before" not in run.err
    assert run.err.count(f"jd_store {DAY}: not ") == 2, "as an error, and in the summary"

    # A run of another day sends the outbox, and leaves the partition to a run that is asked for it.
    assert place.crawl(f"date={OTHER_DAY}").code == 0
    assert list(outbox.iterdir()) == []
    assert {f"raw/jd/jd_store/dt={DAY}/sandbox-0{number}.xlsx" for number in (1, 2)} < place.stored_keys()

    place.sandbox.clear_records()
    run = place.crawl(f"date={DAY}")
    assert run.code == 0, run.text
    assert place.sandbox.records() == []
    rows = lake_readers.as_parquet(lake_readers.sent(place.sandbox, DAY))
    assert lake_readers.read_by_pyarrow(place.store, DAY)[1] == rows


def test_a_file_that_is_damaged_in_the_outbox(make_workplace: Callable[..., Workplace]) -> None:
    """It holds up nobody, is kept, and its shop is asked again."""
    place = make_workplace(shops=2)
    place.edit("lake.yaml", lambda lake: lake["object_store"].update(max_tries=1))
    place.sign_in("sandbox-01", "sandbox-02")
    assert place.crawl(f"date={DAY}", SHOPDATA_S3_ENDPOINT=closed_port()).code == 1
    damaged = place.state_dir / "raw" / "jd" / "jd_store" / f"dt={DAY}" / "sandbox-01.xlsx"
    content = damaged.read_bytes()[:1000]
    damaged.write_bytes(content)

    run = place.crawl(f"date={OTHER_DAY}")
    assert run.code == 0, run.text
    assert f"jd_store {DAY} sandbox-01: the file in the outbox is no longer the one that was staged" in run.err
    assert "Raw files stay in the outbox" not in run.err
    assert place.states(str(DAY)) == {"sandbox-01": "failed", "sandbox-02": "staged"}
    assert [path for path in (place.state_dir / "raw").rglob("*") if path.is_file()] == []
    assert [path.read_bytes() for path in (place.state_dir / "rejected").rglob("*.xlsx")] == [content]

    run = place.crawl(f"date={DAY}")
    assert run.code == 0, run.text
    rows = lake_readers.as_parquet(lake_readers.sent(place.sandbox, DAY))
    assert lake_readers.read_by_pyarrow(place.store, DAY)[1] == rows


def test_ctrl_c_while_reports_are_made(make_workplace: Callable[..., Workplace]) -> None:
    place = make_workplace(shops=3, report_deadline_seconds=600)
    place.sandbox.set_fault("*", Fault.REPORT_HELD)
    place.sign_in("sandbox-01", "sandbox-02")  # the third one brings the browser along
    shops = [shop.id for shop in place.shops]

    run = place.start(*crawl_command(f"date={DAY}"))
    run.wait_until(lambda: all(place.sandbox.records(shop, host="report") for shop in shops))
    run.interrupt()
    run.wait()
    assert run.code not in (0, None)
    assert run.survivors() == []
    assert "run it again to go on" in run.err
    assert set(place.states(str(DAY)).values()) == {"pending"}

    place.sandbox.clear_faults(fault=Fault.REPORT_HELD)
    run = place.crawl(f"date={DAY}")
    assert run.code == 0, run.text
    assert place.sandbox.counters().jobs == {shop: {str(DAY): 1} for shop in shops}
    assert place.sandbox.counters().logins == {"sandbox-03": 1}


def test_ctrl_c_while_a_shop_signs_in(make_workplace: Callable[..., Workplace]) -> None:
    place = make_workplace(shops=1, login_delay_seconds=3.0)

    run = place.start(*crawl_command(f"date={DAY}"))
    run.wait_until(lambda: any(record.method == "POST" for record in place.sandbox.records(host="passport")))
    run.interrupt()
    run.wait()
    assert run.code not in (0, None)
    assert any(name.startswith("chrom") for name in run.programs())
    assert run.survivors() == []

    run = place.crawl(f"date={DAY}")
    assert run.code == 0, run.text
