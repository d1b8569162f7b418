"""JD's gateway and report hosts: create a report job, list the jobs of the account (docs/portals.md 4.3)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from functools import partial
from typing import Any

from aiohttp import web

from sandbox.common_faults import common_fault_for
from sandbox.faults import Fault
from sandbox.html_pages import notice
from sandbox.jd.doubtful import doubtful_answer
from sandbox.jd.jobs import JobBook, SandboxJob
from sandbox.jd.ordered import OrderedReport
from sandbox.jd.pages import page
from sandbox.jd.session import JdSessions
from sandbox.links import LinkSigner
from sandbox.portal import CLIENT_CLOSED_REQUEST, RECORD_DONE, Stage
from sandbox.world import SandboxShop

LIST_PATH = "/brand/reportCenter/myReport/getReportList.ajax"
LINK_PATH = "/brand/reportCenter/myReport/downLoadReport.ajax"
FILE_FOLDER = "/reportcenter/"

# docs/portals.md 4.3 [S]: any status but 0 is a refusal; which numbers there are is not known.
REFUSED_CALL, REFUSED_BODY, REFUSED_DATE, REFUSED_ACCOUNT = 400, 1001, 1002, 1003

# docs/portals.md 8.11 [C 2]: the two texts of code 601; that they may stand in a page is from one source.
TOO_OFTEN, UNAUTHORISED = "操作频繁，请稍后再试", "未经京东授权的软件操作"

#: How often its page looks whether a report is done.
_POLL_MILLISECONDS = 200

NAME_FAULTS = (Fault.WRAPPED_NAMES, Fault.OTHER_NAMES)


class JdReportHosts:
    """The handlers of the gateway host and of the report host."""

    def __init__(
        self,
        stage: Stage,
        sessions: JdSessions,
        reports: Sequence[OrderedReport],
        jobs: JobBook,
        signer: LinkSigner,
    ) -> None:
        self._stage = stage
        self._reports = reports
        self._sessions = sessions
        self._jobs = jobs
        self._signer = signer

    def gateway(self) -> web.Application:
        """zhgateway.jd.com."""
        app = web.Application()
        self._add_orders(app, "gateway")
        # The pages of the report host order by their scripts. [A]
        app.on_response_prepare.append(self._let_pages_ask)
        # The last one: what is there is asked for by its own way.
        app.router.add_route("*", "/{path:.*}", _nothing)
        return app

    async def _let_pages_ask(self, request: web.Request, response: web.StreamResponse) -> None:
        if request.headers.get("origin") == self._stage.origins["report"]:
            response.headers["access-control-allow-origin"] = self._stage.origins["report"]
            response.headers["access-control-allow-credentials"] = "true"
            response.headers["access-control-allow-headers"] = "content-type,x-requested-with"

    def _add_orders(self, app: web.Application, host: str) -> None:
        for report in self._reports:
            if report.host == host:
                app.router.add_post(report.create_path, partial(self._create, report))

    def report(self) -> web.Application:
        """ppzh.jd.com."""
        app = web.Application()
        for path in {report.page_path for report in self._reports}:
            app.router.add_get(path, self._page)
        app.router.add_get(LIST_PATH, self._list)
        app.router.add_get(LINK_PATH, self._on_link)
        self._add_orders(app, "report")
        return app

    async def _page(self, request: web.Request) -> web.Response:
        if self._sessions.live_shop(request) is None:
            # docs/portals.md 4.2 [C 5]: a navigation ends on the login page.
            return web.Response(status=302, headers={"Location": self._sessions.login_url(str(request.url))})
        order = self._reports[0]
        boot = {
            "list_path": LIST_PATH,
            "create_address": self._stage.origins[order.host] + order.create_path,
            "poll_milliseconds": _POLL_MILLISECONDS,
        }
        return page("supply_chain.html", boot=boot)

    async def _create(self, report: OrderedReport, request: web.Request) -> web.Response:
        body = await report.read(request)
        day = report.day_of(body)
        if (
            obstacle := await common_fault_for(self._stage, self._sessions.shop_of(request), "create", day)
        ) is not None:
            return obstacle
        shop = self._sessions.live_shop_for_data(request, "create", day)
        if shop is None:
            return self._sessions.dead(usual="html", request=request)
        if not _is_from_page(request):
            return _refusal(REFUSED_CALL, "非法请求")
        if day is None or not report.is_well_formed(body):
            return _refusal(REFUSED_BODY, "参数错误")
        if not self._is_available(day, body):
            return _refusal(REFUSED_DATE, "所选日期暂无数据")
        if (refusal := self._refusal_of(shop, day)) is not None:
            return refusal
        if self._is_struck(shop, Fault.CREATE_IN_DOUBT, day):
            return await doubtful_answer(request, shop)
        job = self._jobs.create(report, shop, day)
        if self._is_struck(shop, Fault.CREATE_IN_DOUBT_MADE, day):
            return await doubtful_answer(request, shop)
        if self._is_struck(shop, Fault.CREATE_ANSWER_LOST, day) and request.transport is not None:
            request[RECORD_DONE](CLIENT_CLOSED_REQUEST)
            request.transport.close()
        return web.json_response({"status": 0, "content": {"taskName": job.name}})

    def _is_struck(self, shop: SandboxShop, fault: Fault, day: dt.date) -> bool:
        return self._stage.faults.take(shop.id, fault, day=day, at="create")

    def _refusal_of(self, shop: SandboxShop, day: dt.date) -> web.Response | None:
        """The refusal of an order that is as it should be, if such a fault strikes now."""
        if self._is_struck(shop, Fault.CREATE_REFUSED, day):
            return _refusal(REFUSED_ACCOUNT, "下载任务创建失败，请稍后重试")
        if self._is_struck(shop, Fault.NO_DATA_YET, day):
            return _refusal(REFUSED_DATE, "所选日期暂无数据")
        for fault, text in ((Fault.EXPORT_TOO_OFTEN, TOO_OFTEN), (Fault.UNAUTHORISED, UNAUTHORISED)):
            if self._is_struck(shop, fault, day):
                if shop.number % 2:
                    return web.json_response({"code": 601, "message": text})
                return web.Response(text=f"<html><body><p>601 {text}</p></body></html>", content_type="text/html")
        return None

    def _is_available(self, day: dt.date, body: dict[str, Any]) -> bool:
        """Reports end with yesterday; a realtime one may be of today."""
        # docs/portals.md 6 [C 2]: not later than yesterday. That realtime allows today follows from its name. [A]
        days_back = 0 if body.get("dataType") == "realtime" else 1
        return day <= self._stage.world.now().date() - dt.timedelta(days=days_back)

    async def _list(self, request: web.Request) -> web.Response:
        if (obstacle := await common_fault_for(self._stage, self._sessions.shop_of(request), "list", None)) is not None:
            return obstacle
        shop = self._sessions.live_shop_for_data(request, "list", None)
        if shop is None:
            return self._sessions.dead(usual="redirect", request=request)
        if self._stage.faults.take(shop.id, Fault.LIST_HTML, at="list"):
            return notice()
        if not _is_from_page(request):
            # docs/portals.md 4.2 [C 2]: another message than success; its text is not known.
            return web.json_response({"message": "fail", "content": None})
        wrapped, other = (self._stage.faults.take(shop.id, fault, at="list") for fault in NAME_FAULTS)
        entries = [
            self._entry(job, job.listed_name(is_wrapped=wrapped, is_other=other)) for job in self._jobs.listed(shop)
        ]
        # docs/portals.md 4.3: how many entries a list has at most was not recorded; here all of them.
        return web.json_response({"message": "success", "content": {"data": entries}})

    async def _on_link(self, request: web.Request) -> web.Response:
        if (obstacle := await common_fault_for(self._stage, self._sessions.shop_of(request), "link", None)) is not None:
            return obstacle
        shop = self._sessions.live_shop_for_data(request, "link", None)
        if shop is None:
            return self._sessions.dead(usual="redirect", request=request)
        job = next((job for job in self._jobs.listed(shop) if str(job.number) == request.query.get("id")), None)
        if job is None or not job.has_link() or not _is_from_page(request):
            return web.json_response({"message": "fail", "content": None})
        return web.json_response({"message": "success", "content": {"result": self._link(job)}})

    def _entry(self, job: SandboxJob, name: str) -> dict[str, Any]:
        return {
            # docs/portals.md 4.3 [S]: whether the id is a number or a text was not recorded.
            "reportId": job.number,
            "reportName": name,
            "reportType": job.report_type,
            "status": job.status(),
            "createTime": f"{job.created_at:%Y-%m-%d %H:%M:%S}",
            # docs/portals.md 4.3 [S]: for managePro a call gives it; that the list has none then is a guess. [A]
            "downloadLink": self._link(job) if job.has_link() and not job.key.report.is_zipped else "",
        }

    def _link(self, job: SandboxJob) -> str:
        """A fresh link. docs/portals.md 7: host and lifetime of the real ones were not found."""
        host = "elsewhere" if Fault.FOREIGN_LINK_HOST in job.faults else "storage"
        path = self._signer.sign(FILE_FOLDER + job.file_name(), self._stage.options.link_seconds)
        link = self._stage.origins[host] + path
        return link.removeprefix("http:") if job.is_link_without_scheme() else link


async def _nothing(request: web.Request) -> web.Response:
    return web.Response(status=204 if request.method == "OPTIONS" else 404)


def _is_from_page(request: web.Request) -> bool:
    """Says whether a call looks like the page's own. The other headers are hardly looked at: docs/portals.md 4.4."""
    return bool(request.query.get("uuid")) and request.headers.get("x-requested-with") == "XMLHttpRequest"


def _refusal(status: int, message: str) -> web.Response:
    return web.json_response({"status": status, "message": message, "content": None})
