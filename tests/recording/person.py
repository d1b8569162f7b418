"""A scripted person: opens a back office with a session and exports as its pages' own scripts do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from playwright.async_api import Browser, BrowserContext, Page, Route

from sandbox import Sandbox, SandboxOptions
from sandbox.pdd.orders import PddOrders
from shopdata.periods import Period
from shopdata.recording.journal import Entry, Journal, take_of
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

_KPI = """
      const times = {starttime: start(first), endtime: start(last) + 86399};
      const q = new URLSearchParams({...times, csRemoveRefundSalesAmountGray: true});
      const answer = await get("/chats/csReportDetail/download?" + q);
      download(answer.result);
"""

#: By dataset: the shop, the host whose page is opened, its path, and what is done there for a day.
WAYS: Mapping[str, tuple[str, ...]] = {
    "pdd_kpi_days": ("pdd-01", "mms", "/home", _KPI),
    "pdd_kpi_weekly": ("pdd-01", "mms", "/home", _KPI),
    "pdd_kpi_monthly": ("pdd-01", "mms", "/home", _KPI),
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
    "pdd_chat": ("pdd-01", "mms", "/mms-chat/search?msfrom=mms_sidenav", """
      while (!window.__mms) await wait(20);
      const times = {startTime: start(day), endTime: start(day) + 86399};
      const all = async (path, rows, more) => {
        const found = [];
        for (let page = 1, last = null; !last || last.length === 20; page += 1) {
          const answer = await window.__mms.fetch.post("/latitude/search/message/" + path,
            {...more, ...times, pageNum: page, pageSize: 20});
          last = answer.result[rows]; found.push(...last);
        }
        return found;
      };
      for (const user of await all("getMessagesUsers", "convUsers", {keywords: ""}))
        await all("getMessages", "contentList", {uid: user.uid});
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
    "pdd_bills": ("pdd-01", "mms", "/home", """
      const answer = await post("/uranus/api/ticket/getJumpUrl/mallFinanceSiteBalanceBill", {clientSource: 1});
      window.location.href = answer.result;
    """, """
      const ticket = new URLSearchParams(window.location.search).get("ticket");
      await post("/sherlock/api/auth/checkTicketV2", {ticket});
      const list = "/templar/api/bill/queryBillDownloadTaskList?__app_code=113";
      const old = await post(list, {page: 1, size: 20});
      await post("/templar/api/bill/createBillDownloadTask?__app_code=113",
        {beginTime: start(day), endTime: start(day) + 86399, groupType: 0, classList: []});
      let mine;
      do {
        await wait(60);
        mine = (await post(list, {page: 1, size: 20})).result.list[0];
      } while (mine.status !== 2);
      download(mine.downloadUrl);
    """),
    "jd_manage_pro": ("sandbox-01", "report", "/szweb/view/reports-center/recommend-report-temp.html", f"""
      const ask = {AJAX};
      const url = "/brand/reportCenter/myReport/getReportList.ajax?uuid=";
      const old = await get(url + crypto.randomUUID(), ask);
      const fixed = {{brandId: "all", thirdCategoryId: "all", provinceId: "all", cityId: "all", formFlag: "0",
        projectId: "100146", secondSourceId: "2002", skuId: "", firstBuTypeId: "", secondBuTypeId: "", isRdc: "0",
        saleChannal: "1", proType: "SKU"}};
      const times = {{startDate: day, endDate: day, date: "10" + day}};
      const search = {{...times, ...fixed, dateType: "dayRange", categoryReset: {{}}, provinceReset: {{}}}};
      await jsonOf(fetch("/brand/reportCenter/recommendReport/downloadManageProData.ajax?uuid=" + crypto.randomUUID(),
        {{method: "POST", headers: ask, credentials: "include", body: new URLSearchParams(
          {{...times, ...fixed, dateType: "", querySearch: JSON.stringify(search)}})}}));
      let mine;
      do {{
        await wait(60);
        const answer = await get(url + crypto.randomUUID(), ask);
        mine = answer.content.data.find((one) => !old.content.data.some((other) => other.reportId === one.reportId));
      }} while (!mine || mine.status !== "2");
      let link;
      do {{
        await wait(60);
        link = (await get("/brand/reportCenter/myReport/downLoadReport.ajax?id=" + mine.reportId + "&uuid="
          + crypto.randomUUID(), ask)).content;
      }} while (!link);
      download(link.result);
    """),
    "jd_ad_effect": ("sandbox-01", "ads", "/", """
      const answer = await post(hosts.ads + "/reweb/msa/effect/order/download",
        {startDay: day, endDay: day, platform: [101], isDaily: true});
      await wait(800);
      download(answer.data.downloadUrlCsv);
    """),
}  # fmt: skip
#: Those of which no file comes.
LISTS = {"pdd_badscore", "pdd_quality", "pdd_chat"}


def shown(dataset: str, day: date) -> Period:
    """What a person chooses who was told this day: it, or the week (from Monday on) or the month in which it lies."""
    if dataset.endswith("_weekly"):
        return Period.of("week", day + timedelta(days=6 - day.weekday()))
    return Period.of("month" if dataset.endswith("_monthly") else "day", day)


@contextmanager
def quick_sandbox() -> Iterator[Sandbox]:
    """Stand-ins in which a person need not wait minutes between two orders, and sees each report in work."""
    options = SandboxOptions(
        shops=1, pdd_shops=2, rows=12, report_seconds=0.4, empty_link_seconds=0.2, reviews=(41, 3), goods=(41, 40),
        login_delay_seconds=0,
        conversations=3, messages_per_conversation=12,
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

    takes: list[tuple[date, list[Entry]]]

    def begin(self, day: date) -> None:
        self.takes.append((day, []))

    def note(self, entry: Entry) -> None:
        self.takes[-1][1].append(entry)

    def journal(self) -> Journal:
        return Journal(tuple(take_of(day, told) for day, told in self.takes))


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
    *before, last = (f"async ([day, hosts, first, last]) => {{ {_SCRIPT} {way} }}" for way in WAYS[dataset][3:])
    period = shown(dataset, day)
    arguments: list[Any] = [day.isoformat(), dict(sandbox.origins), str(period.start), str(period.end)]
    for script in before:
        async with page.expect_navigation():
            await page.evaluate(script, arguments)
    if dataset in LISTS:
        await page.evaluate(last, arguments)
        return
    async with page.expect_download() as download:
        await page.evaluate(last, arguments)
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
