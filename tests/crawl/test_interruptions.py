"""The store is down, or somebody presses Ctrl-C: nothing is lost, nothing is left behind, the next run goes on."""

from __future__ import annotations

import socket
from collections.abc import Callable
from datetime import date

import lake_readers
import pytest
from workplace import Workplace, crawl_command

pytestmark = [pytest.mark.browser, pytest.mark.services]

DAY, OTHER_DAY = date(2026, 3, 1), date(2026, 3, 2)


@pytest.fixture
def dead_endpoint() -> str:
    """host:port where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return f"127.0.0.1:{server.getsockname()[1]}"


def test_a_store_that_is_down(make_workplace: Callable[..., Workplace], dead_endpoint: str) -> None:
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


def test_ctrl_c_while_reports_are_made(make_workplace: Callable[..., Workplace]) -> None:
    # Longer than the third shop's sign-in takes on a busy machine.
    place = make_workplace(shops=3, report_seconds=15.0)
    place.sign_in("sandbox-01", "sandbox-02")  # the third one brings the browser along
    shops = [shop.id for shop in place.shops]

    run = place.start(*crawl_command(f"date={DAY}"))
    run.wait_until(lambda: all(place.sandbox.records(shop, host="report") for shop in shops))
    run.interrupt()
    run.wait(30)
    assert run.code not in (0, None)
    assert run.survivors() == []
    assert "run it again to go on" in run.err
    assert set(place.states(str(DAY)).values()) == {"pending"}

    run = place.crawl(f"date={DAY}")
    assert run.code == 0, run.text
    assert place.sandbox.counters().jobs == {shop: {str(DAY): 1} for shop in shops}
    assert place.sandbox.counters().logins == {"sandbox-03": 1}


def test_ctrl_c_while_a_shop_signs_in(make_workplace: Callable[..., Workplace]) -> None:
    place = make_workplace(shops=1, login_delay_seconds=3.0)

    run = place.start(*crawl_command(f"date={DAY}"))
    run.wait_until(lambda: any(record.method == "POST" for record in place.sandbox.records(host="passport")))
    run.interrupt()
    run.wait(30)
    assert run.code not in (0, None)
    assert any(name.startswith("chrom") for name in run.programs())
    assert run.survivors() == []

    run = place.crawl(f"date={DAY}")
    assert run.code == 0, run.text
