"""What became of many periods: what the grid of days says too, in columns, words and tables; made without a server."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any, cast

import pytest
from board_scenes import ordinary_morning
from board_world import NOW, BoardWorld

from shopdata.ledger import CellKey
from shopdata.ledger.checked_files import Doubt, DoubtState
from shopdata.ledger.schema import PartitionRow, RawRow
from shopdata.service.board import charts
from shopdata.service.board.answers import PageNotFoundError
from shopdata.service.board.charts import Column
from shopdata.service.board.pages import days, history, runs, trend, trends
from shopdata.service.board.rendering import RenderedPage, Renderer
from shopdata.service.board.site import PAGES
from shopdata.service.board.sources import Sources
from shopdata.service.board.visit import Visit
from shopdata.service.control import Control
from shopdata.service.people.roles import Role, Visitor
from shopdata.wording import Texts
from shopdata.workspace import Workspace

DATASETS = ("jd_store", "pdd_kpi_days", "pdd_chat", "pdd_badscore", "pdd_quality")


class NoClock:
    """Nothing is due at any time of day."""

    def next_due(self) -> list[Any]:
        return []

    def jobs(self) -> list[Any]:
        return []

    def dataset_of(self, spider: str, arguments: object) -> str:
        return spider

    def is_draining(self) -> bool:
        return False


@dataclass
class Board:
    """Pages as text, without a server."""

    sources: Sources
    renderer: Renderer

    def visit(self, *path: str, language: str = "zh", **query: str) -> Visit:
        return Visit(
            path=path, query=query, form={}, texts=Texts(language), now=NOW, mount="board", token="t", nonce="n",
            visitor=Visitor("somebody", Role.SEE),
        )  # fmt: skip

    def show(self, page: Callable[..., Any], *path: str, **query: str) -> str:
        visit = self.visit(*path, **query)
        found = next(page for pattern, page in PAGES if len(pattern) == len(path) and pattern[0] == path[0])
        assert found is page
        made = page(self.sources, visit, *path[1:])
        assert isinstance(made, RenderedPage)
        return self.renderer.page(visit, made).decode()


def doubt(key: CellKey, state: DoubtState) -> Doubt:
    return Doubt(
        dataset=key.dataset, dt=key.dt, shop=key.shop, state=state, sha256="0" * 64, rows=12, answers=2, found=[],
        updated_at=NOW,
    )  # fmt: skip


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> BoardWorld:
    """An ordinary morning on which a shop has left, one has come in its place, and one came a few days ago."""
    made = ordinary_morning(tmp_path_factory.mktemp("trends"))
    made.shops = [shop for shop in made.shops if shop["id"] != "jd-07"]
    made.add_shop("jd-98", "不久前来的店", "jd", since="2026-11-20")
    made.add_shop("jd-99", "接替的店", "jd")
    made._dump("shops.yaml", {"shops": made.shops})
    return made


@pytest.fixture(scope="module")
def board(world: BoardWorld) -> Iterator[Board]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SHOPDATA_CONFIG_DIR", str(world.config_dir))
        workspace = Workspace(world.state_dir)
        ledger = workspace.ledger
        for dt, shop, state in (
            ("2026-11-22", "jd-01", DoubtState.CONFIRMED),
            ("2026-11-21", "jd-01", DoubtState.ACCEPTED),
            ("2026-11-22", "jd-07", DoubtState.CONFIRMED),
            ("2026-11-19", "jd-02", DoubtState.CONFIRMED),
        ):
            ledger.checked.put(doubt(CellKey("jd_store", dt, shop), state))

        def revise(session: Any) -> None:
            row = session.get(RawRow, ("jd_store", "2026-11-18", "jd-01"))
            row.bytes, row.seconds, row.rows_before = 123_000, 81, 9_741
            row.first_fetched_at, row.revised_at = NOW - timedelta(days=5, hours=1), NOW - timedelta(days=4)
            session.get(PartitionRow, ("pdd_quality", "2026-11-23")).run_id = "r-quality"

        ledger._database.write(revise)
        yield Board(Sources(workspace, cast(Control, NoClock())), Renderer())
        ledger.close()


def columns(html: str, name: str) -> list[tuple[str, str]]:
    """Title and inside of each column of the chart of this name."""
    (drawn,) = re.findall(rf'<svg class="chart[^>]*aria-labelledby="{name}-t.*?</figure>', html, re.DOTALL)
    return [
        (unescape(title), inside)
        for title, inside in re.findall(r"<(?:a href[^>]*|g)><title>(.*?)</title>(.*?)</(?:a|g)>", drawn, re.DOTALL)
    ]


def words(html: str) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", " ", html)))


@pytest.mark.parametrize("dataset", DATASETS)
def test_gaps_are_those_of_the_grid_of_days(board: Board, dataset: str) -> None:
    """Also where a shop has left, has come in the place of another one, or was not there yet."""
    values = days.page(board.sources, board.visit("days", dataset), dataset).values
    listed = [row for row in values["rows"] if row.is_listed]
    troubles = [s for row in listed for s in row.squares if s is not None and s.kind == "trouble"]
    past = trend.page(board.sources, board.visit("trends", dataset), dataset).values["past"]
    shown = {dt: past.by_dt[dt] for dt in values["periods"] if dt in past.by_dt}
    assert len(shown) > 10
    assert {dt: period.gaps for dt, period in shown.items() if period.gaps} == Counter(s.dt for s in troubles)
    assert sum((Counter(period.lacking) for period in shown.values()), Counter()) == Counter(s.state for s in troubles)
    assert sum(period.doubtful for period in shown.values()) == sum(
        square is not None and square.state == "doubtful" for row in listed for square in row.squares
    )


def test_a_column_says_its_figures_and_shows_them_as_shapes(board: Board) -> None:
    html = board.show(trend.page, "trends", "jd_store")
    drawn = {title.partition(" ")[0]: (title, inside) for title, inside in columns(html, "rows")}
    title, inside = drawn["11-19"]
    assert title == "11-19 周四：50,562 行，6 家店；缺 2 家店（失败 1、逾期 1）"
    assert 'class="lacking"' in inside
    assert ">2</text>" in inside
    # Two shops of seven, in a lane that is full where all are missing.
    assert 'height="7.4"' in inside
    assert "m-doubtful" not in inside, "the doubt is about a file that is not there any more"
    title, inside = drawn["11-22"]
    assert title.endswith("存疑 1 份"), "that of the shop that has left does not count"
    assert "m-doubtful" in inside
    assert "逾期 2" in drawn["11-21"][0]
    # The same in the table below, for whoever does not see the chart.
    assert "11-19 周四 行数 50,562 完成店铺 5 /7 缺 2 家店 失败 1 逾期 1" in words(html)


def test_a_period_of_which_nothing_is_there_is_a_hollow_box(board: Board) -> None:
    (only,) = [one for one in columns(board.show(trend.page, "trends", "pdd_chat"), "rows") if "没有发布" in one[0]]
    assert only[0] == "11-23 周一：没有发布；6 份还没完成"
    assert 'class="open"' in only[1]
    assert 'class="bar"' not in only[1]


def test_shapes_of_what_is_missing() -> None:
    """Nothing published is another shape than no rows; a single shop of 500 is to be seen."""
    drawn = str(
        charts.chart(
            "rows",
            "<title>",
            "about",
            [
                Column(0, 50, None, "a?b=1&c", "all of them", lacking=3, total=3),
                Column(50, 50, 0, "x", "no rows", lacking=1, total=500),
            ],
            charts.LARGE,
        )
    )
    nothing, no_rows = re.findall(r"<a .*?</a>", drawn)
    assert ("nothing" in nothing, 'class="bar"' in nothing) == (True, False)
    assert ("nothing" in no_rows, 'class="bar"' in no_rows) == (False, True)
    assert re.findall(r'class="lacking".*?height="([\d.]+)"', drawn) == ["26.0", "3.0"]
    assert "&lt;title&gt;" in drawn
    assert 'href="a?b=1&amp;c"' in drawn


def test_how_long_runs_took(board: Board) -> None:
    drawn = dict(columns(board.show(trend.page, "trends", "pdd_quality"), "minutes"))
    assert 'class="bar"' in drawn["11-23：2 分钟，发布它的运行"]
    assert 'class="bar"' not in drawn["11-24 周二：–"], "that one has not ended"


def test_how_long_the_last_runs_took(board: Board) -> None:
    lines = runs.page(board.sources, board.visit("runs")).values
    drawn = re.findall(r"<a href=[^>]*><title>(.*?)</title>(.*?)</a>", str(lines["lengths"]))
    assert [title for title, _ in drawn] == [
        "11-21 08:30：京东供应链库存，12 分钟，完成",
        "11-23 08:30：京东供应链库存，12 分钟，有缺口",
        "11-24 07:40：取数前检查登录，60 秒，完成",
        "11-24 08:00：拼多多产品质量体验，2 分钟，完成",
    ], "one that was killed has no length, and one that runs not yet"
    assert ["m-overdue" in inside for _, inside in drawn] == [False, True, False, False]


def test_all_datasets_on_one_page(board: Board) -> None:
    html = board.show(trends.page, "trends")
    text = words(html)
    assert "10-26 至 11-24：7 个数据集，3 个有缺口，共缺" in text
    sections = re.findall(r'<section class="strip".*?</section>', html, re.DOTALL)
    assert len(sections) == 7
    (chat,) = [one for one in sections if 'id="of-pdd_chat"' in one]
    assert "没有缺口；6 份还没完成" in words(chat)
    # A week and a month lie below their days.
    (week,) = [one for one in sections if 'id="of-pdd_kpi_weekly"' in one]
    assert re.search(r'class="hit" x="63.33%" width="23.33%"', week)
    assert "11-14 – 11-20" in words(week)
    table = html[html.index("<details") :]
    assert "11-19 周四 50,562 缺 2 家店" in words(table)
    older = board.show(trends.page, "trends", end="2026-10-25")
    assert "这段时间没有到期的数据" in words(older), "from before the first run, nobody misses anything"


def test_the_history_of_a_shop(board: Board) -> None:
    html = board.show(history.page, "trends", "jd_store", "jd-01")
    assert (
        "11-18 周三 完成 行数 8,324 123 KB 用时 81 秒 首次取到 2026-11-19 07:41 修订 2026-11-20 08:41 原来 9,741 行"
        in words(html)
    )
    drawn = {title.partition(" ")[0]: (title, inside) for title, inside in columns(html, "rows")}
    assert drawn["11-18"][0] == "11-18 周三：完成，8,324 行，11-20 08:41 修订，原来 9,741 行"
    assert 'class="before"' in drawn["11-18"][1]
    assert "m-doubtful" in drawn["11-22"][1]
    assert "m-doubtful" not in drawn["11-21"][1]
    assert "检查：可疑，已由人确认" in words(html)
    assert ("m-stalled" in drawn["11-12"][1], "中断" in drawn["11-12"][0]) == (True, True)
    assert 'href="board/cell/jd_store/2026-11-12/jd-01"' in html


def test_a_shop_that_came_later_and_one_that_has_left(board: Board) -> None:
    later = words(board.show(history.page, "trends", "jd_store", "jd-98"))
    assert "11-20 周五 逾期" in later
    assert "11-19 周四 11-18" in later.replace("  ", " "), "nobody misses it before it was there"
    gone = words(board.show(history.page, "trends", "jd_store", "jd-07"))
    assert "已停用" in gone
    assert "11-22 周日 存疑" in gone


@pytest.mark.parametrize(
    ("page", "path", "query"),
    [
        (trend.page, ("nothing",), {}),
        (trend.page, ("jd_store",), {"end": "never"}),
        (trend.page, ("jd_store",), {"end": "2020-01-01"}),
        (history.page, ("jd_store", "nobody"), {}),
        (history.page, ("jd_store", "..%2f"), {}),
        (history.page, ("jd_store", "pdd-01"), {}),
        (trends.page, (), {"end": "2026-11-25"}),
    ],
)
def test_what_there_is_not(
    board: Board, page: Callable[..., Any], path: tuple[str, ...], query: dict[str, str]
) -> None:
    with pytest.raises(PageNotFoundError):
        page(board.sources, board.visit("trends", *path, **query), *path)


def test_the_grid_of_days_has_a_line_for_each_shop(board: Board) -> None:
    html = board.show(days.page, "days", "jd_store")
    shop = re.search(r'<a class="past" href="board/trends/jd_store/jd-01".*?</a>', html, re.DOTALL)
    assert shop is not None
    line, off, odd = re.findall(r' d="([^"]*)"', shop[0])
    assert line.count("M") == 2, "broken once, where the run was killed"
    assert (off.count("M"), odd.count("M")) == (1, 1)


def test_english(board: Board) -> None:
    html = board.show(trend.page, "trends", "jd_store", language="en")
    assert "11-19 Thu: 50,562 rows of 6 shops; 2 shops missing (failed 1, overdue 1)" in html
    assert not re.search(r"[\u4e00-\u9fff]", words(html).replace("京东供应链库存", "").replace("中文", ""))


def test_days_older_and_newer_lead_back(board: Board) -> None:
    span = trend.page(board.sources, board.visit("trends", "jd_store", end="2026-11-15"), "jd_store").values["span"]
    assert (span.labels[0], span.labels[-1], span.older, span.newer) == ("2026-11-08", "2026-11-15", "", "2026-11-23")


def test_no_script_no_style_no_colour_alone(board: Board, tmp_path: Path) -> None:
    for html in (board.show(trends.page, "trends"), board.show(history.page, "trends", "jd_store", "jd-01")):
        assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?! src)", html)
        assert all(title for title, _ in re.findall(r"<a href=[^>]*><title>(.*?)</title>(.)", html))
