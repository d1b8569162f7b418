"""The changes that there are, by name: what the portal does otherwise, and by which hosts."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Handler

from sandbox.changes import Change, Door, Serve, answers, host_moved, path_moved, texts, too_fast
from sandbox.jd.inventory import Inventory
from sandbox.jd.reports import LIST_PATH
from sandbox.jd.session import HOME_PATH
from sandbox.pdd.identity import CHECK_PATH
from sandbox.pdd.kpi import DOWNLOAD_PATH
from sandbox.pdd.quality import PddQuality
from sandbox.pdd.reviews import PddReviews
from sandbox.portal import json_body
from sandbox.world import SHANGHAI

JD_DATA, MMS = ("gateway", "report"), ("mms",)
#: So far are the clocks apart.
SLOW_CLOCK = timedelta(minutes=-5)
#: What draws 0 in a font of the portal's own.
_FIRST_HIDDEN_DIGIT = 0xE3A0
_MOST_GOODS = 20

_PACED = (PddReviews.path, PddQuality.path, DOWNLOAD_PATH)
_STATUSES = {"1": "RUNNING", "2": "FINISHED", "3": "BROKEN"}


def _listed(data: Any) -> list[dict[str, Any]]:
    content = data.get("content") if isinstance(data, dict) else None
    return list(content.get("data") or content.get("list") or []) if isinstance(content, dict) else []


def _entries(edit: Callable[[dict[str, Any]], Any]) -> Serve:
    def edit_list(data: Any) -> None:
        for entry in _listed(data):
            edit(entry)

    return answers(LIST_PATH, edit_list)


def _renamed(old: str, new: str) -> Callable[[dict[str, Any]], None]:
    def edit(entry: dict[str, Any]) -> None:
        if old in entry:
            entry[new] = entry.pop(old)

    return edit


def _result(*edits: Callable[[dict[str, Any]], Any]) -> Callable[[Any], None]:
    def edit(data: Any) -> None:
        result = data.get("result") if isinstance(data, dict) else None
        if isinstance(result, dict):
            for change in edits:
                change(result)

    return edit


def _jd_rows(data: Any) -> None:
    if isinstance(data.get("content"), dict):
        data["content"] = {"list": data["content"]["data"]}


def _jd_status(entry: dict[str, Any]) -> None:
    # Another change may have renamed it.
    key = "phase" if "phase" in entry else "status"
    entry[key] = _STATUSES[entry[key]]


def _jd_time(entry: dict[str, Any]) -> None:
    moment = datetime.strptime(entry["createTime"], "%Y-%m-%d %H:%M:%S").replace(tzinfo=SHANGHAI)
    entry["createTime"] = f"{moment:%Y年%m月%d日 %H时%M分%S秒}"


def _jd_task(data: Any) -> None:
    if isinstance(data.get("content"), dict):
        data["content"] = {"reportName": data["content"]["taskName"]}


def _jd_ok(data: Any) -> None:
    if data.get("status") == 0:
        data["status"] = 200


async def _jd_storage(door: Door, request: web.Request, handler: Handler) -> web.StreamResponse:
    """Links lead to the storage's new host."""

    def edit(entry: dict[str, Any]) -> None:
        old, new = urlsplit(door.origins["storage"]).netloc, urlsplit(door.moved["storage"]).netloc
        key = "fileUrl" if "fileUrl" in entry else "downloadLink"
        entry[key] = entry[key].replace(old, new)

    return await _entries(edit)(door, request, handler)


async def _jd_dead(door: Door, request: web.Request, handler: Handler) -> web.StreamResponse:
    paths = (LIST_PATH, *(report.create_path for report in (Inventory(),)))
    if request.path in paths and not door.is_live(request):
        return web.json_response({"status": 3, "message": "用户未登录", "content": None})
    return await handler(request)


async def _jd_signed(door: Door, request: web.Request, handler: Handler) -> web.StreamResponse:
    if request.path == LIST_PATH and door.is_live(request) and not request.headers.get("user-mnp"):
        return web.json_response({"code": -407, "message": "请求不安全"})
    return await handler(request)


async def _bound(door: Door, request: web.Request, handler: Handler) -> web.StreamResponse:
    cookie, agent = request.headers.get("Cookie", ""), request.headers.get("User-Agent", "")
    if cookie and door.agents.setdefault(cookie, agent) != agent:
        request = request.clone(headers={k: v for k, v in request.headers.items() if k != "Cookie"})
    return await handler(request)


async def _slow_clock(door: Door, request: web.Request, handler: Handler) -> web.StreamResponse:
    date = format_datetime(datetime.now(SHANGHAI) + SLOW_CLOCK)
    try:
        response = await handler(request)
    except web.HTTPException as answer:
        answer.headers["Date"] = date
        raise
    if not response.prepared:
        response.headers["Date"] = date
    return response


async def _pdd_storage(door: Door, request: web.Request, handler: Handler) -> web.StreamResponse:
    """Links lead to the storage's new host."""

    def edit(data: Any) -> None:
        if isinstance(data.get("result"), str):
            data["result"] = data["result"].replace(door.origins["mms_storage"], door.moved["mms_storage"])

    return await answers(DOWNLOAD_PATH, edit)(door, request, handler)


def _pdd_link(data: Any) -> None:
    if isinstance(data.get("result"), str):
        data["result"] = {"url": data["result"]}


def _pdd_total(result: dict[str, Any]) -> None:
    result["total"] = result.pop("totalRows", 0)
    result.pop("totalNum", None)


def _rows_of(key: str, edit: Callable[[dict[str, Any]], Any]) -> Callable[[dict[str, Any]], None]:
    def edit_rows(result: dict[str, Any]) -> None:
        for row in result.get(key, []):
            edit(row)

    return edit_rows


def _hide_digits(row: dict[str, Any]) -> None:
    text = str(row["abnormal_order_num"])
    row["abnormal_order_num"] = "".join(chr(_FIRST_HIDDEN_DIGIT + int(digit)) for digit in text)


async def _pdd_dead(door: Door, request: web.Request, handler: Handler) -> web.StreamResponse:
    response = await handler(request)
    if isinstance(response, web.Response) and response.content_type == "application/json":
        response.text = re.sub(r'(error_?[cC]ode": )43001', r"\g<1>43009", response.text or "")
    return response


async def _pdd_small_pages(door: Door, request: web.Request, handler: Handler) -> web.StreamResponse:
    if request.path == PddQuality.path and (await json_body(request)).get("page_size", 0) > _MOST_GOODS:
        return web.json_response({"success": False, "error_code": 1000, "error_msg": "参数错误"})
    return await handler(request)


CHANGES: Mapping[str, Change] = {
    change.name: change
    for change in (
        # -- JD
        Change("jd_report_moved", "The report host is elsewhere; the old one leads there.", ("report",), host_moved),
        Change("jd_gateway_moved", "The gateway is elsewhere; the old one leads there.", ("gateway",), host_moved),
        Change("jd_storage_moved", "Links lead to another storage host.", ("report",), _jd_storage),
        Change("jd_rows_moved", "The list stands under another key.", ("report",), answers(LIST_PATH, _jd_rows)),
        Change("jd_id_renamed", "reportId is called taskId.", ("report",), _entries(_renamed("reportId", "taskId"))),
        Change(
            "jd_name_renamed",
            "reportName is called fileName.",
            ("report",),
            _entries(_renamed("reportName", "fileName")),
        ),
        Change("jd_status_renamed", "status is called phase.", ("report",), _entries(_renamed("status", "phase"))),
        Change(
            "jd_status_words",
            "Statuses are other words.",
            ("report",),
            _entries(_jd_status),
        ),
        Change(
            "jd_link_renamed",
            "downloadLink is called fileUrl.",
            ("report",),
            _entries(_renamed("downloadLink", "fileUrl")),
        ),
        Change("jd_time_form", "createTime is written in another form.", ("report",), _entries(_jd_time)),
        Change(
            "jd_kind_renamed",
            "The kind of report has another name.",
            ("report",),
            _entries(
                lambda entry: entry.update(reportType=entry["reportType"].replace("supplyChainPro", "scmProductPro"))
            ),
        ),
        Change(
            "jd_task_renamed",
            "An order is answered with the name under another key.",
            ("gateway",),
            answers(Inventory.create_path, _jd_task),
        ),
        Change(
            "jd_yes_changed", "An order's yes is another number.", ("gateway",), answers(Inventory.create_path, _jd_ok)
        ),
        Change("jd_dead_answer", "A dead session is told by a status and words.", JD_DATA, _jd_dead),
        Change("jd_list_signed", "The list wants the page's user-mnp.", ("report",), _jd_signed),
        Change(
            "jd_form_renamed",
            "The field of the user name has another id.",
            ("passport",),
            texts({'id="loginname"': 'id="accountNo"', 'getElementById("loginname")': 'getElementById("accountNo")'}),
        ),
        Change(
            "jd_home_moved",
            "A sign-in lands on another path.",
            ("shop",),
            path_moved(HOME_PATH, "/jdm/index", is_redirected=True),
        ),
        # -- Pinduoduo
        Change("pdd_storage_moved", "Links lead to another storage host.", MMS, _pdd_storage),
        Change("pdd_link_moved", "The link of the KPI stands in an object.", MMS, answers(DOWNLOAD_PATH, _pdd_link)),
        Change("pdd_kpi_xlsx", "The KPI file is an .xlsx.", ()),
        Change("pdd_kpi_column", "客服账号 has another name.", ()),
        Change("pdd_kpi_late", "The KPI is five days behind.", ()),
        Change(
            "pdd_reviews_moved",
            "Reviews stand under another key.",
            MMS,
            answers(PddReviews.path, _result(_renamed("data", "reviews"))),
        ),
        Change("pdd_total_renamed", "The total has another name.", MMS, answers(PddReviews.path, _result(_pdd_total))),
        Change(
            "pdd_review_id",
            "reviewId is called evaluationId.",
            MMS,
            answers(PddReviews.path, _result(_rows_of("data", _renamed("reviewId", "evaluationId")))),
        ),
        Change("pdd_reviews_signed", "Reviews want the page's anti-content.", ()),
        Change("pdd_small_pages", "A page holds at most 20 goods.", MMS, _pdd_small_pages),
        Change(
            "pdd_hidden_digits",
            "Some digits are drawn by a font.",
            MMS,
            answers(PddQuality.path, _result(_rows_of("goods_list", _hide_digits))),
        ),
        Change("pdd_dead_answer", "A dead session has another code.", MMS, _pdd_dead),
        Change("pdd_check_moved", "checkLogin is elsewhere.", MMS, path_moved(CHECK_PATH, "/janus/api/v2/checkLogin")),
        Change(
            "pdd_chat_moved",
            "The page of the chats is elsewhere.",
            MMS,
            path_moved("/mms-chat/search", "/mms-chat/record"),
        ),
        Change(
            "pdd_client_renamed", "The page's client is called otherwise.", MMS, texts({"{ fetch: {": "{ request: {"})
        ),
        Change(
            "pdd_tab_renamed",
            "The tab to the form says something else.",
            MMS,
            texts({"账号登录": "密码登录", "last-item": "by-password", "login-tab-item": "login-way"}),
        ),
        Change("pdd_too_fast", "Who asks for data five times a second is refused.", MMS, too_fast(*_PACED)),
        # -- both
        Change("agent_bound", "A session is good for the browser only that has opened it.", (*JD_DATA, *MMS), _bound),
        Change(
            "clock_slow", "The portal's clock is five minutes behind.", ("passport", "ads", *JD_DATA, *MMS), _slow_clock
        ),
    )
}
