"""A platform that YAML alone describes: the files of docs/recipes.md are written, and it collects. No Python."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Any, cast

import pyarrow.parquet as pq
import pytest
import yaml
from page_files import DOCS
from teahouse_portal import SALES, TeahouseServer
from workplace import REPO, Workplace

DAY = "2026-03-01"

pytestmark = [pytest.mark.browser, pytest.mark.services]


@pytest.fixture(scope="module")
def place(
    tmp_path_factory: pytest.TempPathFactory, object_store_server: Any
) -> Iterator[tuple[Workplace, TeahouseServer]]:
    with TeahouseServer() as teahouse:
        store = object_store_server.settings(bucket="teahouse")
        workplace = Workplace(tmp_path_factory.mktemp("workplace"), cast("Any", teahouse), store)
        yield workplace, teahouse
        workplace.close()


def test_it_collects(place: tuple[Workplace, TeahouseServer]) -> None:
    """Checked, signed in to in a browser, ordered once, waited for, published; the session is renewed when it ends."""
    workplace, teahouse = place
    checked = workplace.scrapy("check_config")
    assert checked.code == 0, checked.text
    assert "Tea house" in checked.out
    assert "teahouse_sales" in workplace.scrapy("list").out.split()

    run = workplace.scrapy("crawl", "teahouse_sales", "-a", f"date={DAY}")
    assert run.code == 0, run.text
    with workplace.objects() as objects:
        content = objects.get_bytes(f"ods/teahouse/teahouse_sales/dt={DAY}/teahouse_sales.parquet")
        assert objects.get_bytes(f"raw/teahouse/teahouse_sales/dt={DAY}/tea.csv").startswith(b"day,order_no")
    table = pq.read_table(io.BytesIO(content))
    assert table.column_names == ["shop", "day", "order_no", "tea", "amount"]
    assert list(zip(*(table.column(name).to_pylist() for name in table.column_names[1:]), strict=True)) == SALES
    assert teahouse.asked["POST /exports"] == 1
    assert teahouse.asked["GET /exports/71"] == 3
    assert teahouse.asked["POST /sign-in"] == 1

    # The page leads to the sign-in form, as to somebody who was away for long.
    teahouse.sessions.clear()
    again = workplace.scrapy("crawl", "teahouse_sales", "-a", f"date={DAY}", "-a", "force=1")
    assert again.code == 0, again.text
    assert teahouse.asked["POST /sign-in"] == 2
    assert teahouse.asked["POST /exports"] == 2
    assert teahouse.sessions
    assert "right-horse" not in workplace.texts()
    status = workplace.scrapy("status", "--all", "--date", DAY)
    assert "Tea house sales" in status.out
    missing = workplace.scrapy("backfill", "teahouse_sales", "--start", "2026-02-28", "--end", DAY, "--dry-run")
    assert missing.code in (0, 1), missing.text
    assert "1 files are to be asked for" in missing.out
    assert [line.split()[0] for line in missing.out.splitlines() if "never asked" in line] == ["2026-02-28"]


def test_what_is_wrong_in_its_description_is_told(place: tuple[Workplace, TeahouseServer]) -> None:
    workplace, _ = place
    before = (workplace.config_dir / "portals.yaml").read_text("utf-8")
    workplace.edit("portals.yaml", lambda file: file["teahouse"]["login"].update(alive={"user": "*", "$$": 1}, ded=[]))
    try:
        checked = workplace.scrapy("check_config")
    finally:
        (workplace.config_dir / "portals.yaml").write_text(before, "utf-8")
    assert checked.code == 2
    assert "teahouse.login.ded" in checked.err
    assert "Did you mean `dead`?" in checked.err
    assert "'$$' is no place in an answer" in checked.err
    assert "Traceback" not in checked.text


@pytest.mark.parametrize("page", ["recipes.md", "recipes.zh-CN.md"])
def test_the_other_examples_are_recipes_that_run(page: str) -> None:
    """As they stand: they are those that are delivered, which crawls hold against what was sent."""
    blocks = re.findall(r"^```yaml\n(recipe: .*?)^```$", (DOCS / page).read_text("utf-8"), re.MULTILINE | re.DOTALL)
    shown = {recipe["recipe"]["dataset"]: recipe for recipe in map(yaml.safe_load, blocks)}
    assert shown.keys() == {"pdd_badscore", "jd_store", "teahouse_sales"}
    for name in ("pdd_badscore", "jd_store"):
        assert shown[name] == yaml.safe_load((REPO / f"pipelines_config/recipes/{name}.yaml").read_text("utf-8"))
