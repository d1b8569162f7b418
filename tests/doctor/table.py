"""What may change about a portal: which probe tells it, by which key it is answered, and what is written there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from sandbox import Sandbox

JD, PDD = "sandbox-01", "pdd-01"
STORE, KPI, REVIEWS, QUALITY = (
    f"recipes/{name}.yaml" for name in ("jd_store", "pdd_kpi", "pdd_badscore", "pdd_quality")
)
PORTALS, KPI_CONTRACT = "portals.yaml", "datasets/pdd_kpi_days.yaml"
FIND, PAGE = ("steps", 0, "find"), {"sign": "page", "page": "{pdd.origin}{pdd.chat_page_path}"}

#: A file of the configuration, the way to a value in it, and the value; or what gives it, once the sandbox is up.
Edit = tuple[str, tuple[str | int, ...], Any]


@dataclass(frozen=True)
class Case:
    """One change.

    Args:
        probe, fact: what tells it; `verdict` is how.
        key: the first key that the doctor names; "" where no key answers it.
        edits: what is written; with it the probe finds the fact as configured.
        value: what the doctor itself proposes for the key, where it can know; None where a person must look.
        looks: the probes that are asked.
        by_crawl: True where only a crawl shows that the key answers it: what it changes is read once for a run.
    """

    change: str
    shop: str
    probe: str
    fact: str
    key: str
    edits: tuple[Edit, ...] = ()
    value: Any = None
    verdict: str = "differs"
    looks: tuple[str, ...] = ("recipes", "orders")
    by_crawl: bool = False


def moved(host: str) -> Callable[[Sandbox], str]:
    return lambda sandbox: sandbox.moved[host]


def with_moved(host: str, *others: str) -> Callable[[Sandbox], list[str]]:
    return lambda sandbox: (
        [urlsplit(sandbox.origins[other]).netloc for other in others] + [urlsplit(sandbox.moved[host]).netloc]
    )


def jd(
    change: str, key: str, way: Sequence[str | int], new: Any, *, fact: str, probe: str = "D8", value: Any = None
) -> Case:
    return Case(change, JD, probe, fact, f"{STORE} steps[0].{key}", ((STORE, ("steps", 0, *way), new),), value)


def pages(change: str, key: str, new: str, *, fact: str) -> Case:
    """A field of Pinduoduo's reviews has another name, which the doctor proposes."""
    edits = ((REVIEWS, ("steps", 0, "pages", key), new),)
    return Case(change, PDD, "D15", fact, f"{REVIEWS} steps[0].pages.{key}", edits, new)


def portal(
    change: str, shop: str, probe: str, fact: str, key: str, new: Any, *, is_proposed: bool = False, **more: Any
) -> Case:
    """`is_proposed` where the doctor itself can tell what is to be written."""
    edits = ((PORTALS, tuple(key.split(".")), new),)
    return Case(change, shop, probe, fact, f"{PORTALS} {key}", edits, new if is_proposed else None, **more)


def host_moved(host: str) -> Case:
    """JD's interfaces of this kind are at another place."""
    key, new = f"jd.{host}_origin", moved(host)
    return portal(f"jd_{host}_moved", JD, "D1", "host", key, new, is_proposed=True, looks=("hosts",))


CASES = (
    # -- JD
    host_moved("report"),
    host_moved("gateway"),
    portal(
        "jd_storage_moved",
        JD,
        "D9",
        "download_host",
        "jd.download_hosts",
        with_moved("storage", "storage", "ads"),
        is_proposed=True,
    ),
    jd("jd_rows_moved", "find.rows", ("find", "rows"), "$.content.list", fact="rows", value="$.content.list"),
    jd("jd_id_renamed", "find.id", ("find", "id"), "taskId", fact="field"),
    jd(
        "jd_name_renamed",
        "find.where.reportName",
        ("find", "where"),
        {"reportType": "supplyChainPro", "fileName": {"like": "{report.name}"}},
        fact="field",
    ),
    jd(
        "jd_kind_renamed",
        "find.where.reportType",
        ("find", "where", "reportType"),
        "scmProductPro",
        fact="kind",
    ),
    jd("jd_status_renamed", "status.at", ("status", "at"), "phase", fact="field"),
    jd(
        "jd_status_words",
        "status.done",
        ("status",),
        {"at": "status", "working": ["RUNNING"], "done": ["FINISHED"]},
        fact="status",
    ),
    jd("jd_link_renamed", "take.link", ("take", "link"), "fileUrl", fact="field"),
    jd(
        "jd_time_form",
        "find.made.format",
        ("find", "made"),
        {"at": "createTime", "format": "%Y年%m月%d日 %H时%M分%S秒"},
        fact="made",
    ),
    jd(
        "jd_task_renamed",
        "create.take.name",
        ("create", "take", "name"),
        "$.content.reportName",
        probe="D10",
        fact="take",
        value="$.content.reportName",
    ),
    jd("jd_yes_changed", "create.ok.$.status", ("create", "ok"), {"$.status": 200}, probe="D10", fact="ok", value=200),
    portal(
        "jd_dead_answer",
        JD,
        "D5",
        "dead",
        "jd.dead_session",
        [{"$.status": 3}],
        is_proposed=True,
        looks=("dead_session",),
    ),
    # Which way to sign fits the page, a person finds out on it.
    Case("jd_list_signed", JD, "D11", "signed", f"{STORE} steps[0].find.sign"),
    portal(
        "jd_form_renamed",
        JD,
        "D3",
        "form",
        "jd.login_page.username",
        ["#accountNo"],
        looks=("form",),
    ),
    portal("jd_home_moved", JD, "D4", "home", "jd.home_path", "/jdm/index", is_proposed=True, looks=("session",)),
    Case("clock_slow", JD, "D2", "clock", "", looks=("hosts",)),
    Case("agent_bound", JD, "D7", "check", "", verdict="holds", looks=("session",)),
    # -- Pinduoduo
    portal(
        "pdd_storage_moved",
        PDD,
        "D13",
        "download_host",
        "pdd.download_hosts",
        with_moved("mms_storage", "mms_storage"),
        is_proposed=True,
    ),
    Case(
        "pdd_link_moved",
        PDD,
        "D19",
        "take",
        f"{KPI} steps[0].take.link",
        ((KPI, ("steps", 0, "take", "link"), "$.url"),),
        "$.url",
    ),
    Case(
        "pdd_kpi_xlsx", PDD, "D13", "file_kind", f"{KPI} steps[1].file", ((KPI, ("steps", 1, "file"), "xlsx"),), "xlsx"
    ),
    Case(
        "pdd_kpi_column",
        PDD,
        "D13",
        "column",
        f"{KPI_CONTRACT} aliases.客服账号",
        ((KPI_CONTRACT, ("aliases", "客服账号"), ["客服昵称账号"]),),
        ["客服昵称账号"],
    ),
    Case("pdd_kpi_late", PDD, "D12", "fresh", f"{KPI_CONTRACT} lag_days", ((KPI_CONTRACT, ("lag_days",), 5),), 5),
    pages("pdd_reviews_moved", "rows", "$.reviews", fact="rows"),
    pages("pdd_total_renamed", "total", "$.total", fact="total"),
    Case(
        "pdd_review_id",
        PDD,
        "D15",
        "field",
        f"{REVIEWS} steps[0].pages.id",
        (
            (REVIEWS, ("steps", 0, "pages", "id"), "evaluationId"),
            ("datasets/pdd_badscore.yaml", ("aliases", "评价id"), ["reviewId", "evaluationId"]),
        ),
    ),
    Case(
        "pdd_reviews_signed",
        PDD,
        "D11",
        "signed",
        f"{REVIEWS} steps[0].sign",
        tuple((REVIEWS, ("recipe", name), value) for name, value in PAGE.items()),
        "page",
    ),
    Case(
        "pdd_small_pages",
        PDD,
        "D16",
        "refused",
        f"{QUALITY} steps[0].json",
        ((QUALITY, ("steps", 0, "pages", "size"), 20), (QUALITY, ("steps", 0, "json", "page_size"), 20)),
    ),
    # Digits that a font hides are not decoded: the export has them.
    Case("pdd_hidden_digits", PDD, "D16", "hidden_digits", ""),
    portal(
        "pdd_dead_answer",
        PDD,
        "D5",
        "dead",
        "pdd.dead_session",
        [{"$.error_code": 43009}, {"$.errorCode": 43009}],
        looks=("dead_session",),
    ),
    portal(
        "pdd_check_moved",
        PDD,
        "D7",
        "check",
        "pdd.check_path",
        "/janus/api/v2/checkLogin",
        looks=("session",),
    ),
    portal(
        "pdd_chat_moved",
        PDD,
        "D17",
        "signed_page",
        "pdd.chat_page_path",
        "/mms-chat/record",
        looks=("signed_page",),
    ),
    Case(
        "pdd_client_renamed",
        PDD,
        "D17",
        "signed_page",
        f"{PORTALS} pdd.chat_page_path",
        ((PORTALS, ("pdd", "page_client"), "window.__mms.request"),),
        looks=("signed_page",),
        by_crawl=True,
    ),
    portal(
        "pdd_tab_renamed",
        PDD,
        "D3",
        "form",
        "pdd.login_page.account_tab",
        ["text=密码登录"],
        looks=("form",),
    ),
    portal(
        "pdd_too_fast",
        PDD,
        "D18",
        "pace",
        "pdd.requests_per_second",
        4,
        by_crawl=True,
    ),
)
