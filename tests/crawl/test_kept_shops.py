"""Shops that stand in no file: entered out of a list, signed in, collected, renamed with their days, and disabled."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from workplace import Run, Workplace

pytestmark = [pytest.mark.services, pytest.mark.browser]

DAY = date(2026, 3, 1)
FIRST, SECOND = "jd-001", "jd-002"


@pytest.fixture(scope="module")
def place(make_workplace: Callable[..., Workplace]) -> Workplace:
    place = make_workplace(shops=2, pdd_shops=0)
    (place.config_dir / "shops.yaml").unlink()
    place.variables["SHOPDATA_SECRET_KEY"] = "a key that is long enough"
    # Of the shops' own variables nothing is left.
    place.variables |= {name: "nobody" for name in place.sandbox.environment() if name.startswith("SANDBOX_")}
    lines = [f"{shop.name},京东,{shop.username},{place.sandbox.password(shop.id)}" for shop in place.sandbox.shops]
    (place.folder / "shops.csv").write_text("\n".join(["店铺,平台,账号,密码", *lines, ""]), "utf-8")
    return place


def shops(place: Workplace, *arguments: str, code: int = 0) -> Run:
    run = place.scrapy("shops", *arguments, COLUMNS="200")
    assert run.code == code, run.text
    return run


def rows(place: Workplace, day: date) -> list[tuple[str, int]]:
    return [(shop["id"], shop["rows"]) for shop in place.receipt(str(day))["shops"]]


def test_their_whole_life(place: Workplace) -> None:
    run = place.crawl(f"date={DAY}")
    assert (run.code, "shops.yaml: this file is missing" in run.err) == (2, True), run.text
    assert "2 new" in shops(place, "import", str(place.folder / "shops.csv")).out

    run = place.crawl(f"date={DAY}")
    assert run.code == 0, run.text
    assert rows(place, DAY) == [(FIRST, 20), (SECOND, 20)]
    assert place.sandbox.counters().logins == {shop.id: 1 for shop in place.sandbox.shops}

    place.sandbox.clear_records()
    assert "40 rows of 2 shops" in shops(place, "rename", FIRST, "flagship").out
    assert rows(place, DAY) == [("flagship", 20), (SECOND, 20)]
    assert place.crawl(f"date={DAY}").code == 0
    assert place.sandbox.records() == [], "its days, its session and its place went along"

    shops(place, "disable", SECOND)
    next_day = DAY + timedelta(days=1)
    run = place.crawl(f"date={next_day}")
    assert run.code == 0, run.text
    assert rows(place, next_day) == [("flagship", 20)]
    assert rows(place, DAY) == [("flagship", 20), (SECOND, 20)], "what there is of it stays"
    listed = shops(place, "list").out
    assert "ledger, disabled" in listed

    shops(place, "remove", SECOND)
    assert not list((place.state_dir / "sessions").glob(f"jd_{SECOND}.session"))
    assert rows(place, DAY) == [("flagship", 20), (SECOND, 20)]
    assert "20 rows of 1 shops" in shops(place, "remove", SECOND, "--all").out


def test_nothing_of_what_signs_them_in_is_to_be_seen(place: Workplace) -> None:
    for shop in place.sandbox.shops:
        password = place.sandbox.password(shop.id)
        assert password not in place.texts()
        assert shop.username not in place.texts()
        for path in place.state_dir.rglob("*"):
            content = path.read_bytes() if path.is_file() else b""
            assert password.encode() not in content, path
            assert shop.username.encode() not in content or path.name == "identities.json", path
