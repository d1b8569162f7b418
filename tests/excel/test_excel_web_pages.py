"""Which tables of a web page are tables: login pages, error pages and pages laid out with tables are none."""

# ruff: noqa: E501 - one page, one line

from __future__ import annotations

from pathlib import Path

import pytest
from foreign import DATASET, FIXTURES, rows_of

from shopdata.excel import read_table
from shopdata.exceptions import RejectedFileError

DATA = "<table><tr><th>SKU</th><th>库存</th></tr><tr><td>1</td><td>5</td></tr><tr><td>2</td><td>6</td></tr></table>"
PASSWORD = "<input type='password' name='p'>"


def page(body: str, title: str = "商家后台") -> str:
    return f"<!DOCTYPE html><html><head><meta charset=utf-8><title>{title}</title></head><body>{body}</body></html>"


LOGIN = [
    pytest.param(page(f"<form>{PASSWORD}</form>"), id="plain"),
    pytest.param(page(f"<table><tr><td>用户名</td><td><input name=u></td></tr><tr><td>密码</td><td>{PASSWORD}</td></tr></table>"), id="in-a-table"),
    pytest.param(page(f"<table><tr><td>a</td><td>b</td></tr></table>{DATA}{PASSWORD}"), id="beside-data"),
    pytest.param(page(DATA + "<INPUT TYPE=PassWord>"), id="in-capitals"),
    pytest.param(page("<table><tr><td>用户名</td><td><input id=u></td></tr><tr><td>x</td><td><input id='user_pwd'></td></tr></table>"), id="a-password-that-is-shown"),
    pytest.param(f"<div>{PASSWORD}<table><tr><td>cut", id="cut-short"),
]  # fmt: skip


@pytest.mark.parametrize("dataset", [None, DATASET], ids=["no-contract", "contract"])
@pytest.mark.parametrize("text", LOGIN)
def test_a_page_that_asks_for_a_password_is_a_login_page(tmp_path: Path, text: str, dataset: object) -> None:
    (tmp_path / "a.xls").write_text(text, "utf-8")
    with pytest.raises(RejectedFileError) as caught:
        read_table(tmp_path / "a.xls", dataset)  # type: ignore[arg-type]
    assert caught.value.what == "a web page came instead of a workbook"
    assert caught.value.found.startswith("a login page with")


LAID_OUT = [
    pytest.param("<table><tr><td>系统繁忙，请稍后再试</td></tr></table>", id="one-cell"),
    pytest.param("<table><tr><td><img src=x></td><td>系统繁忙</td></tr></table>", id="a-picture-and-a-text"),
    pytest.param("<table><tr><td>首页</td><td>订单</td><td>商品</td></tr><tr><td colspan=3>系统维护中</td></tr><tr><td colspan=3>© 2026</td></tr></table>", id="menu-text-and-foot"),
    pytest.param("<table><tr><td>logo</td><td>menu</td></tr><tr><td colspan=2>内容</td></tr><tr><td>foot</td><td>©</td></tr></table>", id="head-text-and-foot"),
    pytest.param("<table role=presentation><tr><td>a</td><td>b</td></tr><tr><td>c</td><td>d</td></tr></table>", id="by-its-role"),
    pytest.param("<table><tr><td><h1>商家后台</h1></td><td>帮助</td></tr><tr><td>左</td><td>右</td></tr></table>", id="headings"),
    pytest.param("<table><tr><td><ul><li>订单</ul></td><td>欢迎</td></tr><tr><td>a</td><td>b</td></tr></table>", id="lists"),
    pytest.param("<table><tr><td>开始</td><td><input name=from></td></tr><tr><td>结束</td><td><input name=to></td></tr></table>", id="a-form"),
    pytest.param("<table><tr><td><a href=1>订单</a></td><td><a href=2>商品</a></td></tr><tr><td><a href=3>库存</a></td><td><a href=4>评价</a></td></tr></table>", id="links"),
    pytest.param("<table><tr><td>x</td><td>y</td></tr></table>", id="one-row"),
    pytest.param("<table><tr><td>a</td></tr><tr><td>b</td></tr><tr><td>c</td></tr></table>", id="one-column"),
    pytest.param("<table><tr><td><table><tr><td>出错了</td></tr></table></td><td><table><tr><td>返回</td></tr></table></td></tr></table>", id="tables-in-a-table"),
]  # fmt: skip


@pytest.mark.parametrize("body", LAID_OUT)
def test_a_page_that_is_laid_out_with_tables_is_no_table(tmp_path: Path, body: str) -> None:
    (tmp_path / "a.xls").write_text(page(body, "出错了"), "utf-8")
    with pytest.raises(RejectedFileError) as caught:
        read_table(tmp_path / "a.xls", None)
    assert caught.value.what == "a web page came instead of a workbook"
    assert caught.value.found == "a web page with the title '出错了'"


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(DATA, id="plain"),
        pytest.param(DATA.replace("th>", "td>"), id="without-th"),
        pytest.param(DATA.replace("<tr><th>", "<caption>库存</caption><tr><td colspan=2>报表</td></tr><tr><th>", 1), id="a-title-row"),
        pytest.param(f"<table><tr><td>首页</td><td>订单</td></tr></table>{DATA}", id="behind-a-menu"),
        pytest.param(f"<table><tr><td>{DATA}</td><td><h2>帮助</h2></td></tr></table>", id="in-a-layout"),
        pytest.param(DATA.replace("<td>", "<td><div class=cell>").replace("</td>", "</div></td>"), id="cells-with-boxes"),
        pytest.param(DATA.replace("<td>1", "<td><input type=checkbox><a href=x>1</a>"), id="boxes-to-tick"),
    ],
)  # fmt: skip
def test_data_on_a_page_is_read(tmp_path: Path, body: str) -> None:
    (tmp_path / "a.xls").write_text(page(body), "utf-8")
    table = read_table(tmp_path / "a.xls", None)
    assert (table.columns, rows_of(table)) == (("SKU", "库存"), [["1", "5"], ["2", "6"]])


@pytest.mark.parametrize("row", ["", "<tr><td colspan=2>暂无数据</td></tr>"])
def test_a_report_without_rows_is_a_row_of_names(tmp_path: Path, row: str) -> None:
    (tmp_path / "a.xls").write_text(page(f"<table><tr><th>SKU</th><th>库存</th></tr>{row}</table>"), "utf-8")
    table = read_table(tmp_path / "a.xls", None)
    assert (table.columns, table.rows) == (("SKU", "库存"), 0)


def test_what_libreoffice_writes_is_read_without_a_contract() -> None:
    assert read_table(FIXTURES / "libreoffice.html", None).rows == 4
