"""A scripted person: opens a back office with a session and exports as its pages' own scripts do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

from playwright.async_api import Browser, BrowserContext, Page, Route

from sandbox import Sandbox, SandboxOptions
from sandbox.pdd.orders import PddOrders
from shopdata.recording.journal import Call, Download, Journal, Take
from shopdata.recording.recorder import Recorder

#: The days of both takes, and one more for rehearsals.
FIRST, SECOND, THIRD = date(2026, 3, 1), date(2026, 2, 20), date(2026, 2, 24)

#: What the pages' scripts are made of. The stand-ins' pages have no forms for exports: this is what such a form does.
_SCRIPT = """
const start = (day) => Date.parse(day + "T00:00:00+08:00") / 1000;
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const jsonOf = async (answer) => (await answer).json();
const post = (url, body, headers) => jsonOf(fetch(url, {method: "POST", body: JSON.stringify(body),
  headers: {"content-type": "application/json", ...headers}, credentials: "include"}));
const get = (url, headers) => jsonOf(fetch(url, {headers, credentials: "include"}));
const download = (link) => {
  const a = document.createElement("a"); a.href = link; document.body.append(a); a.click();
};
"""

AJAX = '{"x-requested-with": "XMLHttpRequest", accept: "application/json, text/plain, */*"}'

#: By dataset: the shop, the host whose page is opened, its path, and what is done there for a day.
WAYS: Mapping[str, tuple[str, str, str, str]] = {
    "pdd_kpi": ("pdd-01", "mms", "/home", """
      const times = {starttime: start(day), endtime: start(day) + 86399};
      const q = new URLSearchParams({...times, csRemoveRefundSalesAmountGray: true});
      const answer = await get("/chats/csReportDetail/download?" + q);
      download(answer.result);
    """),
    "pdd_badscore": ("pdd-01", "mms", "/home", """
      for (let page = 1, rows = 0, total = 1; rows < total; page += 1) {
        const answer = await post("/saturn/reviews/list", {
          startTime: start(day), endTime: start(day) + 86399, pageNo: page,
          pageSize: 40, descScore: ["1", "2", "3"], mainReviewContentStatus: "1", orderSn: ""});
        rows += answer.result.data.length; total = answer.result.totalRows;
      }
    """),
    "pdd_quality": ("pdd-01", "mms", "/home", """
      for (let page = 1, rows = 0, total = 1; rows < total; page += 1) {
        const answer = await post("/api/price/mariana/quality_experience/goods_list",
          {sort_field: 1, sort_type: "ASC", page_no: page, page_size: 40});
        rows += answer.result.goods_list.length; total = answer.result.total;
      }
    """),
    "pdd_after_sales": ("pdd-01", "mms", "/home", """
      const base = "/mercury/mms/afterSales/";
      const old = await post(base + "queryExcelExportList", {pageNumber: 1, pageSize: 20});
      await post(base + "applyExcelReport", {startTime: start(day), endTime: start(day) + 86399});
      let mine;
      do {
        await wait(60);
        const answer = await post(base + "queryExcelExportList", {pageNumber: 1, pageSize: 20});
        mine = answer.result.list.find((one) => !old.result.list.some((other) => other.id === one.id)
          && one.requestObj.includes(start(day)));
      } while (!mine || mine.status !== 2);
      download((await get(base + "queryExcelReportUrl?id=" + mine.id)).result);
    """),
    "pdd_orders": ("pdd-02", "mms", "/mms-chat/search?msfrom=mms_sidenav", """
      while (!window.__mms) await wait(20);
      const base = "/mars/shop/orders/export/task/";
      const form = await get(base + "prepare");
      const old = await post(base + "list", {pageNumber: 1, pageSize: 20});
      await window.__mms.fetch.post("/mars/shop/recentOrders/export/task/add", {orderType: 0, afterSaleType: 0,
        groupStartTime: start(day), groupEndTime: start(day) + 86399, pageNumber: 1, pageSize: 20,
        templateName: "自定义报表", titles: form.result.allTitles.map((one) => one.id), rememberTemplate: false});
      let mine;
      do {
        await wait(60);
        const answer = await post(base + "list", {pageNumber: 1, pageSize: 20});
        mine = answer.result.pageItems[0];
      } while (mine.status !== 1);
      download((await get(base + "getUrl?jobId=" + mine.id)).result);
    """),
    "jd_store": ("sandbox-01", "report", "/brand/supplyChain/index.html", f"""
      const ask = {AJAX};
      const url = hosts.report + "/brand/reportCenter/myReport/getReportList.ajax?uuid=";
      await get(url + crypto.randomUUID(), ask);
      const made = await post(hosts.gateway + "/inventoryajax/reportCenter/recommendReport/"
        + "downloadERPSupplyChainProData.ajax?uuid=" + crypto.randomUUID(),
        {{isRdc: "0", brandId: "all", firstCategoryId: "", secondCategoryId: "", thirdCategoryId: "all", date: day,
          startDate: day, endDate: day, skuId: "", skuStatusCd: "", dataType: "offline", id: 1,
          excludeEmpty: "0"}}, ask);
      let mine;
      do {{
        await wait(60);
        const answer = await get(url + crypto.randomUUID(), ask);
        mine = answer.content.data.find((one) => one.reportName === made.content.taskName);
      }} while (!mine || !mine.downloadLink);
      download(mine.downloadLink);
    """),
    "jd_ad_effect": ("sandbox-01", "ads", "/", """
      const answer = await post(hosts.ads + "/reweb/msa/effect/order/download",
        {startDay: day, endDay: day, platform: [101], isDaily: true});
      await wait(800);
      download(answer.data.downloadUrlCsv);
    """),
}  # fmt: skip
#: Those of which no file comes.
LISTS = {"pdd_badscore", "pdd_quality"}


@contextmanager
def quick_sandbox() -> Iterator[Sandbox]:
    """Stand-ins in which a person need not wait minutes between two orders, and sees each report in work."""
    options = SandboxOptions(
        shops=1, pdd_shops=2, rows=12, report_seconds=0.4, empty_link_seconds=0.2, reviews=(41, 3), goods=(41, 40),
        login_delay_seconds=0,
    )  # fmt: skip
    gap, PddOrders.gap_seconds = PddOrders.gap_seconds, 0
    try:
        with Sandbox(options) as sandbox:
            yield sandbox
    finally:
        PddOrders.gap_seconds = gap


@dataclass
class Notes:
    """What a recorder has told, in memory."""

    takes: list[tuple[date, list[Call | Download]]]

    def begin(self, day: date) -> None:
        self.takes.append((day, []))

    def note(self, entry: Call | Download) -> None:
        self.takes[-1][1].append(entry)

    def journal(self) -> Journal:
        return Journal(
            tuple(
                Take(
                    day,
                    tuple(sorted((one for one in told if isinstance(one, Call)), key=lambda call: call.number)),
                    tuple(one for one in told if isinstance(one, Download)),
                )
                for day, told in self.takes
            )
        )


async def _let_across(route: Route) -> None:
    """The portal lets its pages ask its other hosts; the stand-in says nothing of that."""
    headers = {"access-control-allow-origin": route.request.headers.get("origin", "*")}
    headers |= {
        "access-control-allow-credentials": "true",
        "access-control-allow-headers": "content-type,x-requested-with",
    }
    if route.request.method == "OPTIONS":
        await route.fulfill(status=204, headers=headers)
        return
    answer = await route.fetch()
    await route.fulfill(response=answer, headers={**answer.headers, **headers})


async def open_back_office(browser: Browser, sandbox: Sandbox, dataset: str) -> tuple[BrowserContext, Page]:
    """A page of the back office, signed in."""
    shop = WAYS[dataset][0]
    context = await browser.new_context(accept_downloads=True, service_workers="block", bypass_csp=True)
    await context.add_cookies(sandbox.open_session(shop))  # type: ignore[arg-type]
    await context.route(f"{sandbox.origins['gateway']}/**", _let_across)
    return context, await context.new_page()


async def export(page: Page, sandbox: Sandbox, dataset: str, day: date) -> None:
    """Exports one day as the page's script does, and waits for the file."""
    script = f"async ([day, hosts]) => {{ {_SCRIPT} {WAYS[dataset][3]} }}"
    arguments: list[Any] = [day.isoformat(), dict(sandbox.origins)]
    if dataset in LISTS:
        await page.evaluate(script, arguments)
        return
    async with page.expect_download() as download:
        await page.evaluate(script, arguments)
    await (await download.value).path()


async def record(browser: Browser, sandbox: Sandbox, dataset: str, days: tuple[date, ...] = (FIRST, SECOND)) -> Journal:
    """What a recorder has seen of one take for each day."""
    notes = Notes([])
    recorder = Recorder(notes.begin, notes.note)
    context, page = await open_back_office(browser, sandbox, dataset)
    recorder.listen(context)
    for day in days:
        recorder.begin(day)
        await page.goto(sandbox.origins[WAYS[dataset][1]] + WAYS[dataset][2])
        await export(page, sandbox, dataset, day)
        await recorder.end()
    await context.close()
    return notes.journal()
