"""What the pages say, and to whom: asked over HTTP as a browser does that runs no scripts."""

from __future__ import annotations

import hashlib
import json
import re
import tempfile
from html import unescape
from pathlib import Path

import pytest
import yaml
from board_client import Client, Serve, attributes_of
from board_scenes import REFUSED_RUN, RENAMED, SLIDER
from board_world import NEEDED, PASSWORD, REPO, RUN_ID, BoardWorld, cell, partition

from shopdata.config import ObjectStoreSettings, load_config
from shopdata.reasons import Reason
from shopdata.service.board.why import Reasons, found
from shopdata.states import CellState
from shopdata.store.object_store import ObjectStore
from shopdata.wording import Texts

pytestmark = pytest.mark.services

CELL = "/board/cell/jd_store/2026-11-23/jd-05"
PARTITION = "/board/partition/jd_store/2026-11-23"
PAGES = ("/", "/board/", "/board/days/jd_store", CELL, PARTITION, "/board/runs", f"/board/runs/{RUN_ID}",
         "/board/sessions", "/board/schedule")  # fmt: skip
FILES = (f"{PARTITION}/workbook", f"{PARTITION}/receipt", "/board/cell/jd_store/2026-11-23/jd-01/raw",
         "/board/sessions/jd-05/screenshot", f"/board/runs/{RUN_ID}/log", "/board/static/board.css")  # fmt: skip


@pytest.mark.parametrize("path", [*PAGES, *FILES, "/board/nothing", "/board/do/run-now"])
def test_nobody_sees_anything_without_signing_in(client: Client, path: str) -> None:
    answer = client.ask("GET", path, is_signed_in=False)
    assert answer.status == 401
    assert "店" not in answer.text


@pytest.mark.parametrize("path", [*PAGES, *FILES, "/board/nothing"])
def test_every_answer_is_guarded(client: Client, path: str) -> None:
    headers = client.get(path).headers
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'self'; script-src 'self'")
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] == "same-origin"


@pytest.mark.parametrize("path", PAGES)
def test_pages_hold_no_inline_script_style_or_handler(client: Client, path: str) -> None:
    text = client.get(path).text
    assert [pair for pair in attributes_of(text) if pair[1] == "style" or pair[1].startswith("on")] == []
    assert re.findall(r"<style|<script(?! src=)", text) == []
    assert "X-Amz" not in text


@pytest.mark.parametrize(
    "path",
    [
        "/board/nothing",
        "/board/days/nothing",
        "/board/days/..",
        "/board/days/..%2f..%2fetc%2fpasswd",
        "/board/cell/jd_store/2026-11-23/..%2f..",
        "/board/cell/jd_store/2026-11-23/%00",
        "/board/cell/jd_store/2026-11-23/nobody",
        "/board/cell/jd_store/2026-13-45/jd-05",
        "/board/cell/jd_store/../jd-05",
        "/board/cell/..%2f/2026-11-23/jd-05/rejected",
        "/board/cell/jd_store/2026-11-23/*/rejected",
        "/board/cell/pdd_chat/2026-11-23/jd-05",
        "/board/partition/jd_store/1999-01-01",
        "/board/partition/jd_store/2026-11-23%2f..%2f2026-11-22",
        "/board/partition/jd_store/2026-11-23/secrets",
        "/board/runs/..%2f..%2fledger",
        "/board/runs/..%2fledger/log",
        "/board/runs/nobody/log",
        "/board/sessions/..%2fjd_jd-05/screenshot",
        "/board/sessions/jd-01/screenshot",
        "/board/static/..%2fsite.py",
        "/board/static/../site.py",
        "/board/static/nothing.css",
        "/board/%ff%fe",
        "/?day=2026-11-25",
        "/?day=%3Cscript%3E",
        "/?day=..%2f",
        "/board/days/jd_store?end=never",
        "/board/do/run-now",
    ],
)
def test_addresses_of_nothing_are_404(client: Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status == 404
    assert "Traceback" not in answer.text
    assert "<script>" not in answer.text


def test_other_methods_are_refused(client: Client) -> None:
    assert client.ask("PUT", "/").status == 405
    assert client.ask("HEAD", "/").status == 200
    assert client.ask("HEAD", "/").body == b""


# -- today -----------------------------------------------------------------------------------------------------------


def test_the_sentence(client: Client) -> None:
    page = client.get("/").visible
    assert "今天 08:41：7 个数据集，1 个完成，2 个有缺口，1 个进行中，3 个还没到时间 " in page
    assert " 京东供应链库存还差 4 家店，拼多多客服绩效(周)还差 1 家店，拼多多客服绩效(月)还差 1 家店 " in page
    assert "需要处理 4 家店：1 家待登录，1 家失败，1 家不合格，1 家未出数 " in page


def test_the_sentence_in_english(client: Client) -> None:
    page = client.get("/?lang=en").visible
    assert "Today 08:41: 7 datasets, 1 complete; 2 with gaps; 1 in work; 3 not due yet " in page
    assert " JD inventory lacks 4 shops; PDD weekly KPI lacks 1 shop; PDD monthly KPI lacks 1 shop " in page
    assert "4 shops need attention: 1 × needs_login; 1 × failed; 1 × rejected; 1 × not_ready " in page


def test_a_language_once_chosen_stays(client: Client) -> None:
    assert 'lang="zh-CN"' in client.get("/").text
    assert 'lang="en"' in client.get("/", Accept_Language="en-GB").text
    client.get("/board/runs?lang=en")
    assert "Sign-ins" in client.get("/board/sessions").text
    client.get("/?lang=zh", Accept_Language="en-GB")
    assert "店铺登录" in client.get("/board/sessions", Accept_Language="en-GB").text


def test_another_day(client: Client) -> None:
    page = client.get("/?day=2026-11-20")
    assert "11月20日 周五：7 个数据集" in page.visible
    # What the clock asked for on that day is the business day before.
    assert "京东供应链库存还差 1 家店" in page.visible
    assert "board/cell/jd_store/2026-11-19/jd-02" in page.text
    assert "今天 08:41" not in page.visible


def shops_shown(text: str) -> list[str]:
    return re.findall(r'<tr data-kind="[\w ]+" data-text="([\w-]+) [^"]*">', text)


def test_shops_in_trouble_come_first(client: Client) -> None:
    assert shops_shown(client.get("/").text)[:3] == ["jd-05", "jd-04", "jd-03"]


def test_filter_and_search_without_scripts(client: Client) -> None:
    assert shops_shown(client.get("/?show=trouble").text) == ["jd-05", "jd-04", "jd-03", "pdd-06"]
    assert shops_shown(client.get("/?q=JD-07").text) == ["jd-07"]
    assert shops_shown(client.get("/?show=trouble&q=%E4%BA%91%E6%9D%89").text) == ["jd-05"]
    assert len(shops_shown(client.get("/?show=nonsense").text)) == 18


def causes(text: str) -> list[str]:
    """The reasons on a page, each as it is read."""
    found = re.findall(r'<article class="cause">(.*?)</article>', text, re.DOTALL)
    return [unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", cause))).strip() for cause in found]


def test_why_what_to_do_and_a_button(client: Client) -> None:
    page = client.get("/")
    sign_in, rejected, failed, not_ready = causes(page.text)
    assert re.match(
        r"平台要求人工验证 1 家店 在\S+机器上人工登录一次，之后自动继续。 云杉母婴旗舰店 滑块或验证码 原文", sign_in
    )
    assert SLIDER in sign_in
    assert sign_in.endswith("scrapy login jd-05 --headed 复制 再取京东供应链库存 11-23")
    assert rejected.startswith("文件不合格，未入湖（原件已保留） 1 家店 ")
    assert "北岸户外旗舰店 缺少必需列「可用库存」 原文" in rejected
    assert failed.startswith("平台无响应或返回异常 1 家店 ")
    assert "小满零食店 （客服绩效(周)、客服绩效(月)） 原文" in not_ready
    assert not_ready.endswith("再取拼多多客服绩效(周) 11-14 – 11-20 再取拼多多客服绩效(月) 10-01 – 10-31")
    client.press("/", "collect", dataset="jd_store", dt="2026-11-23", shop="jd-04")
    assert [(call["shops"], call["force"]) for call in client.calls()] == [(["jd-04"], False)]


def test_why_in_english(client: Client) -> None:
    english = causes(client.get("/?lang=en").text)
    assert [cause.partition(" 1 shop")[0] for cause in english] == [
        "The portal asks for a person",
        "The file is not as it should be, and not in the lake (kept)",
        "The portal did not answer as it should",
        "The portal has no figures yet, and the deadline has passed",
    ]
    assert "云杉母婴旗舰店 a slider or captcha In full" in english[0]
    assert SLIDER in english[0]
    assert "no column 可用库存" in english[1]
    assert not any("平台" in cause for cause in english)


def test_many_causes_and_shops_are_counted() -> None:
    """A morning on which nothing works, in as many words as there are shops."""
    config = load_config(REPO / "pipelines_config", dict.fromkeys(NEEDED, "fake:1"))
    troubles = [
        found(
            "failed",
            Reason("http_status", {"status": number % 40}, f"an odd thing, {number % 40} teapots"),
            dataset="jd_store",
            dt="2026-11-23",
            shop=f"jd-{number}",
            name=f"店 {number}",
        )
        for number in range(400)
    ]
    for code in ("zh", "en"):
        (why,) = Reasons(Texts(code), config, "2026-11-24").of(troubles)
        assert (why.shops, len(why.lines), why.more) == (400, 6, 340)
        assert [(len(line.places), line.more) for line in why.lines] == [(6, 4)] * 6
        assert (why.lines[0].detail, why.lines[0].reason) == ("HTTP 0", "an odd thing, 0 teapots")
    assert why.asks == (), "none of these shops is enabled"


def test_old_days_of_a_report_of_today_have_no_button(client: Client) -> None:
    found = causes(client.get("/?day=2026-11-21").text)
    assert [cause.partition(" ")[0] for cause in found] == [
        "到了时间，还没有取过",
        "过了截止时间，平台仍未出数",
        "Dremio",
    ]
    assert "拼多多客服绩效(日) 原文 no answer 再取拼多多客服绩效(日) 11-18" in found[2]
    assert "拼多多产品质量体验" not in "".join(re.findall(r"<button>再取[^<]*", client.get("/?day=2026-11-19").text))


def test_only_what_is_missing_has_the_colour_of_gaps(client: Client) -> None:
    bars = dict(
        re.findall(r'<tr class="l-(\w+)">.*?<progress max="6" value="([\d.]+)"', client.get("/").text, re.DOTALL)
    )
    assert (bars["complete"], bars["waiting"], float(bars["lacking"])) == ("6", "0", 5)


def test_states_are_told_in_words(client: Client) -> None:
    cells = re.findall(r'<a class="c s s-(\w+)"[^>]*>(.*?)</a>', client.get("/").text)
    assert {state for state, _ in cells} >= {"published", "running", "failed", "rejected", "needs_login", "not_ready"}
    assert all(re.search(r'<span class="w[^"]*">\S+</span>', inside) for _, inside in cells)


def test_what_the_clock_passes_over_is_marked(client: Client) -> None:
    assert re.search(r"客服绩效\(日\)</a></th>.*?已暂停", client.get("/").text, re.DOTALL)


# -- one dataset, one cell -------------------------------------------------------------------------------------------


def test_gaps_of_a_dataset(client: Client) -> None:
    page = client.get("/board/days/jd_store")
    assert "4 天有缺口，共缺 15 份数据" in page.visible
    assert client.get("/board/days/pdd_quality").visible.count("过去的日期补不回来") == 1
    older = client.get("/board/days/jd_store?end=2026-11-09")
    # From before the first run: nobody misses it.
    assert "缺口" not in older.visible
    assert "11-08" in older.visible


def test_a_cell_whose_run_was_killed_is_no_work_in_progress(client: Client) -> None:
    assert client.get("/board/days/jd_store").visible.count("中断") == 2  # the cell, and the legend
    page = client.get("/board/cell/jd_store/2026-11-12/jd-01").visible
    assert "中断 取到一半" in page
    assert "取数中 正在向平台取数" in client.get("/board/cell/jd_store/2026-11-23/jd-06").visible


def test_older_and_newer_periods(client: Client) -> None:
    older = re.search(r'rel="prev" href="([^"]+)"', client.get("/board/days/jd_store").text)[1]
    page = client.get(older.replace("&amp;", "&"))
    assert "10-27 … 11-09" in page.visible
    newer = re.search(r'rel="next" href="([^"]+)"', page.text)[1]
    assert "11-10 … 11-23" in client.get(newer).visible


@pytest.mark.parametrize(
    ("dataset", "shown"),
    [("pdd_kpi_weekly", "09-26 – 10-02 … 11-14 – 11-20"), ("pdd_kpi_monthly", "05-01 – 05-31 … 10-01 – 10-31")],
)
def test_weeks_and_months_follow_one_another(client: Client, dataset: str, shown: str) -> None:
    page = client.get(f"/board/days/{dataset}")
    assert shown in page.visible
    older = client.get(re.search(r'rel="prev" href="([^"]+)"', page.text)[1])
    assert older.status == 200
    assert shown.partition(" … ")[2] not in older.visible.partition("页面生成于")[0].partition("搜索店铺")[0]
    newer = client.get(re.search(r'rel="next" href="([^"]+)"', older.text)[1].replace("&amp;", "&"))
    assert shown in newer.visible


def test_what_dremio_does_not_know_is_not_complete(client: Client) -> None:
    page = client.get("/?day=2026-11-21").visible
    assert "还没进 Dremio" in page
    assert "未进 Dremio" in page


def test_a_cell_says_why_and_what_to_do(client: Client) -> None:
    page = client.get(CELL)
    assert "待登录" in page.visible
    assert "平台要求人工验证（滑块或验证码）" in page.visible
    assert SLIDER in unescape(page.visible)
    assert "scrapy login jd-05 --headed" in page.visible
    assert "/board/sessions/jd-05/screenshot" in page.text
    assert f"/board/runs/{RUN_ID}/log" in page.text


def test_why_is_said_in_chinese_on_chinese_pages_only(client: Client) -> None:
    short = "平台要求人工验证"
    assert short in client.get(f"{CELL}?lang=zh").visible
    page = client.get(f"{CELL}?lang=en").visible
    assert SLIDER in unescape(page)
    assert short not in page


def test_a_rejected_file_can_be_had(client: Client) -> None:
    page = client.get("/board/cell/jd_store/2026-11-23/jd-03")
    assert RENAMED.replace("'", "&#39;") in page.text
    answer = client.get("/board/cell/jd_store/2026-11-23/jd-03/rejected")
    assert answer.body == b"<html>not a workbook</html>"
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"].startswith("attachment;")


def test_a_cell_that_nobody_has_asked_for(client: Client) -> None:
    page = client.get("/board/cell/pdd_chat/2026-11-23/pdd-01")
    assert "未开始" in page.visible
    assert "现在取" in page.visible
    assert "现在取" not in client.get("/board/cell/pdd_quality/2026-11-20/pdd-01").visible


def test_a_cell_that_waits_for_its_platform(client: Client) -> None:
    page = client.get("/board/cell/pdd_kpi_weekly/2026-11-14_2026-11-20/pdd-06").visible
    assert "下次再问 2026-11-24 09:11" in page


# -- a partition -----------------------------------------------------------------------------------------------------


def test_a_partition_tells_its_receipt(client: Client) -> None:
    page = client.get(PARTITION).visible
    assert "55,212 行，8 家店 缺 4 家" in page
    assert "COMPLETED" in page
    assert "Excel has cut them" in page
    assert "The column 预计到货 is new" in page
    assert "ods/jd/jd_store/dt=2026-11-23/jd_store.parquet" in page
    assert causes(client.get(PARTITION).text)[0].startswith("平台要求人工验证 1 家店")
    html = re.sub(r'name="token" value="[^"]*"', "", client.get(PARTITION).text)
    assert not re.search(r"[0-9a-f]{20}", html), "sums are cut: enough to compare by eye"
    assert "2026-11-24 08:3" not in page.partition("各店")[2], "the day once is enough"


@pytest.mark.parametrize(
    ("path", "key", "name"),
    [
        (f"{PARTITION}/workbook", "merged/jd/jd_store/jd_store_2026-11-23.xlsx", "jd_store_2026-11-23.xlsx"),
        (f"{PARTITION}/parquet", "ods/jd/jd_store/dt=2026-11-23/jd_store.parquet", "jd_store_2026-11-23.parquet"),
        (f"{PARTITION}/receipt", "receipts/jd/jd_store/dt=2026-11-23.json", "jd_store_2026-11-23.receipt.json"),
        ("/board/cell/jd_store/2026-11-23/jd-01/raw", "raw/jd/jd_store/dt=2026-11-23/jd-01.xlsx",
         "jd_store_2026-11-23_jd-01.xlsx"),
    ],
    ids=["workbook", "parquet", "receipt", "raw"],
)  # fmt: skip
def test_downloads_come_from_the_store(
    client: Client, stored: dict[str, bytes], path: str, key: str, name: str
) -> None:
    answer = client.get(path)
    assert answer.status == 200
    assert answer.body == stored[key]
    assert int(answer.headers["Content-Length"]) == len(stored[key])
    assert answer.headers["Content-Disposition"] == f"attachment; filename=\"{name}\"; filename*=UTF-8''{name}"


def test_an_object_that_is_gone_is_told(client: Client) -> None:
    answer = client.get("/board/partition/jd_store/2026-11-22/workbook")
    assert answer.status == 503
    assert "merged/jd/jd_store/jd_store_2026-11-22.xlsx" in answer.visible


def test_no_page_knows_a_secret(client: Client, world: BoardWorld) -> None:
    config = (world.config_dir / "lake.yaml").read_text("utf-8")
    secrets = [re.search(rf"{name}: (\S+)", config)[1] for name in ("access_key", "secret_key")]
    secrets += [shop["password"] for shop in world.shops] + [PASSWORD]
    for path in (*PAGES, f"{PARTITION}/receipt", "/board/partition/jd_store/2026-11-22/workbook"):
        text = client.get(path).text
        assert [secret for secret in secrets if secret in text] == []


# -- runs, sessions, schedule ----------------------------------------------------------------------------------------


def test_runs_of_the_service_and_of_the_ledger(client: Client) -> None:
    # The list, without what is drawn above it.
    page = client.get("/board/runs").visible.partition("各店数据（份）")[2]
    order = [page.index(text) for text in ("排队中 停止", "运行中", "完成 完成 6", "有缺口", "中断")]
    assert order == sorted(order)
    assert "拼多多客服绩效(日) 回力拼多多旗舰店、南极人官方店 中断" in page
    # Begun by hand on another machine: this service knows nothing of it, the ledger does.
    assert "拼多多差评 2026-11-20 运行中" in page


def test_what_runs_were_asked_for_is_told_in_words(client: Client) -> None:
    page = client.get("/board/runs").visible
    shops = "回力京东旗舰店、南极人京东自营店、北岸户外旗舰店"
    assert f"京东供应链库存 2026-11-18 至 2026-11-21（4 期），{shops}，另有 1 家，重取 完成" in page
    assert "京东供应链库存 data=2026-11-23 被拒绝" in page
    assert "拼多多客服绩效(周) 2026-11-14 至 2026-11-20 被强行结束" in page
    assert "拼多多差评 2026-11-01、2026-11-03、2026-11-05 …（4 期） 出错退出" in page
    assert "拼多多客服聊天 到时间再问的 中断" in page
    for raw in ("periods=", "period=", "shops=", "force=", "due="):
        assert raw not in page


def test_a_refused_run_says_what_service_status_says(client: Client) -> None:
    page = unescape(client.get("/board/runs/r-refused").visible)
    assert "京东供应链库存 data=2026-11-23 被拒绝" in page
    assert "没有向平台要任何数据" in page
    assert "断电" not in page
    assert f"改好后再运行一次。 {REFUSED_RUN} " in page
    assert "退出码 2" in page
    killed, crashed = client.get("/board/runs/r-shot").visible, client.get("/board/runs/r-crashed").visible
    assert ("被强行结束" in killed, "退出码 -9" in killed) == (True, True)
    assert ("出错退出" in crashed, "退出码 1" in crashed, "断电" in crashed) == (True, True, False)


def test_a_run_and_its_log(client: Client) -> None:
    page = client.get(f"/board/runs/{RUN_ID}")
    assert "日志 上海时间 打开完整日志 失败 11-24 08:33:12 错误 jd_store jd-04" in page.visible
    # Failures come first; then the log's end, where times of another zone are told in ours.
    failures, end = page.text.split('<h3 id="end">')
    assert (failures.count('class="v-error"'), end.count('class="v-error"')) == (3, 3)
    assert '<div class="v-error">&lt;script&gt;window.hurt=1' in failures
    assert '<span class="dim">11-24 08:31:40</span> <b>警告</b>' in end
    assert "asked again in 4 s" in end
    log = client.get(f"/board/runs/{RUN_ID}/log")
    assert log.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert log.text.startswith("2026-11-24 08:30:02+08:00 INFO    Spider opened\n")


def test_reasons_of_a_run_are_told_once_and_its_cells_by_period(client: Client) -> None:
    page = client.get(f"/board/runs/{RUN_ID}").visible
    assert "平台要求人工验证 1 家店" in page
    rest = page.partition("各店数据（份）")[2].partition("日志")[0]
    assert rest.count("京东供应链库存 2026-11-23") == 2, "those in work and those that are there, each in one line"
    assert "待登录" not in rest


def test_what_a_button_did_is_said_in_our_words_only(client: Client) -> None:
    assert "已经排上： noted-1" in client.get("/board/runs?told=queued&run=noted-1").visible
    assert 'role="status"' not in client.get("/board/runs?told=anything").text
    assert "<b>" not in client.get("/board/runs?told=queued&run=%3Cb%3Ehi").text.replace("<b>0", "")


def test_sessions_and_what_to_type(client: Client) -> None:
    page = client.get("/board/sessions")
    assert "18 家店，8 家已登录" in page.visible
    assert "scrapy login pdd-03 --headed" in page.visible
    states = dict(re.findall(r'data-text="([\w-]+) .*?<span class="s s-session-(\w+)">', page.text, re.DOTALL))
    assert {shop: states[shop] for shop in ("jd-01", "jd-02", "jd-03", "jd-05", "jd-06")} == {
        "jd-01": "unknown",
        "jd-02": "dead",
        "jd-03": "alive",
        "jd-05": "parked",
        "jd-06": "none",
    }
    assert list(states)[:2] == ["jd-05", "jd-02"]
    assert "11-28 至 11-29" in re.findall(r"11-\d\d 至 11-\d\d", page.visible)
    assert 'title="按本店 11 次到期估计"' in page.text
    assert 'title="按同平台 11 次到期估计"' in page.text


def test_why_a_shop_waits_for_a_person_is_told_in_the_language_of_the_page(client: Client) -> None:
    assert "平台要求人工验证（滑块或验证码）" in client.get("/board/sessions").visible
    assert "The portal asks for a person (a slider or captcha)" in client.get("/board/sessions?lang=en").visible


def test_the_schedule(client: Client) -> None:
    page = client.get("/board/schedule").visible
    assert "取数前检查登录 preflight 40 7 * * * 2026-11-25 07:40" in page
    assert "结果 11-24 07:41 已登录 16 已重新登录 1 待登录 1" in page
    assert "下一个：09:00 拼多多差评" in page
    assert "2026-11-24 09:00 19 分钟后" in page
    assert "2026-11-23 12:00 跳过 错过 20 小时；此任务设为错过即跳过（misfire: skip）" in page
    assert "61.0 GB / 120 GB" in page


def test_answers_are_compressed_where_it_is_wanted(client: Client) -> None:
    answer = client.get("/", Accept_Encoding="gzip")
    assert answer.headers["Content-Encoding"] == "gzip"
    assert len(answer.body) < len(client.get("/").body) / 3


def test_static_files_last_as_long_as_their_address(client: Client) -> None:
    address = re.search(r'href="(board/static/board\.css\?v=\w+)"', client.get("/").text)[1]
    answer = client.get(address)
    assert answer.headers["Cache-Control"] == "private, max-age=31536000, immutable"
    assert answer.headers["Content-Type"] == "text/css; charset=utf-8"


# -- without a store, without a ledger, in the middle of an edit -----------------------------------------------------


@pytest.fixture(scope="module")
def poor(serve: Serve, tmp_path_factory: pytest.TempPathFactory) -> tuple[Client, BoardWorld]:
    """A board whose store does not answer, and whose ledger begins empty."""
    world = BoardWorld(tmp_path_factory.mktemp("poor"))
    world.add_shop("jd-01", "回力京东旗舰店", "jd")
    world.write()
    world.due = []
    world.tell_control()
    return serve(world), world


def test_the_first_day(poor: tuple[Client, BoardWorld]) -> None:
    client, _ = poor
    assert "1 个数据集，0 个完成，1 个有缺口 京东供应链库存还差 1 家店" in client.get("/").visible
    for path in ("/board/days/jd_store", "/board/runs", "/board/sessions", "/board/schedule"):
        assert client.get(path).status == 200
    assert "还没有运行过" in client.get("/board/runs").visible


def test_a_large_partition_offers_its_volumes(client: Client, world: BoardWorld, stored: dict[str, bytes]) -> None:
    lake = yaml.safe_load((world.config_dir / "lake.yaml").read_text("utf-8"))
    key = "receipts/jd/jd_store/dt=2026-11-23.json"
    receipt = json.loads(stored[key])
    content = b"PK a volume"
    volume = {"name": "north.1", "key": "merged/jd/jd_store/jd_store_2026-11-23-north.1.xlsx", "rows": 26340,
              "sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content), "sheets": ["数据", "说明"],
              "shops": [shop["id"] for shop in receipt["shops"]]}  # fmt: skip
    receipt["workbook"] |= {"rows": 0, "sheets": ["说明"], "volumes": [volume]}
    with ObjectStore(ObjectStoreSettings.model_validate(lake["object_store"])) as store:
        store.put_bytes(volume["key"], content)
        store.put_bytes(key, json.dumps(receipt).encode())
        try:
            page = client.get(PARTITION)
            assert '2026-11-23/workbook/north.1"' in page.text
            assert "8 家店铺，26,340 行" in page.visible
            answer = client.get(f"{PARTITION}/workbook/north.1")
            assert (answer.status, answer.body) == (200, content)
            assert "jd_store_2026-11-23-north.1.xlsx" in answer.headers["Content-Disposition"]
            assert client.get(f"{PARTITION}/workbook/north.2").status == 404
            receipt["workbook"] |= {"volumes": []}
            store.put_bytes(key, json.dumps(receipt).encode())
            assert "数据都在 Parquet 文件里" in client.get(PARTITION).visible
        finally:
            store.put_bytes(key, stored[key])
            store.remove(volume["key"])


def test_a_partition_without_its_store(poor: tuple[Client, BoardWorld]) -> None:
    client, world = poor
    content = b"PK the very workbook that was published"
    sums = {"workbook_sha256": hashlib.sha256(content).hexdigest()}
    good = cell("jd_store", "2026-11-23", "jd-01", CellState.PUBLISHED, rows=5)
    world.fill([good], [partition("jd_store", "2026-11-23", 5, 1, [], **sums)])
    page = client.get(PARTITION)
    assert page.status == 200
    assert "5 行，1 家店" in page.visible
    assert "读不到存储里的回执" in page.visible
    assert client.get(f"{PARTITION}/workbook").status == 503
    copy = world.state_dir / "merged" / "jd_store" / "jd_store_2026-11-23.xlsx"
    copy.parent.mkdir(parents=True)
    copy.write_bytes(content)
    assert client.get(f"{PARTITION}/workbook").body == content
    copy.write_bytes(content + b", changed since")
    assert client.get(f"{PARTITION}/workbook").status == 503


def test_an_edit_is_noticed_and_a_broken_one_is_told(poor: tuple[Client, BoardWorld]) -> None:
    client, world = poor
    file = world.config_dir / "shops.yaml"
    good = file.read_text("utf-8")
    file.write_text(good.replace("回力京东旗舰店", "改名的店"), "utf-8")
    assert "改名的店" in client.get("/").visible
    file.write_text(good.replace("platform: jd", "platform: ebay"), "utf-8")
    page = client.get("/").visible
    assert "配置没有采用最新的修改" in page
    assert "shops.yaml" in page
    assert "改名的店" in page
    file.write_text(good, "utf-8")
    assert "回力京东旗舰店" in client.get("/").visible


def test_no_download_leaves_a_file_behind(client: Client) -> None:
    def left() -> set[Path]:
        return set(Path(tempfile.gettempdir()).glob("shopdata-download-*"))

    before = left()
    assert client.get(f"{PARTITION}/parquet").status == 200
    assert left() <= before
