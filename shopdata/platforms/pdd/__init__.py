"""Pinduoduo 拼多多: a link to a file, or rows page by page; some calls the page itself must sign (docs/portals.md)."""

from shopdata.config.platforms import Platform

PLATFORM = Platform(
    name="pdd",
    portal="shopdata.platforms.pdd.portal:PddPortal",
    login="shopdata.platforms.pdd.login:PddLogin",
    page_client="shopdata.platforms.pdd.signing:PAGE_CLIENT",
    signed_list="shopdata.platforms.pdd.chat:USERS",
    dialects={"pdd": "shopdata.platforms.pdd.dialect:DIALECT"},
    row_makers={"chat": "shopdata.platforms.pdd.chat:CHAT_ROWS"},
    unsigned=frozenset(
        {
            "/chats/csReportDetail/download",
            "/saturn/reviews/list",
            "/api/price/mariana/quality_experience/goods_list",
        }
    ),
    titles={"zh": "拼多多", "en": "PDD"},
    examples={"kinds": "pdd_kpi", "weekly": "pdd_kpi_weekly"},
    dataset_titles={
        "en": {
            "pdd_kpi_days": "daily KPI",
            "pdd_kpi_weekly": "weekly KPI",
            "pdd_kpi_monthly": "monthly KPI",
            "pdd_chat": "chats",
            "pdd_badscore": "bad reviews",
            "pdd_quality": "quality",
            "pdd_orders": "orders",
            "pdd_after_sales": "after-sales",
            "pdd_bills": "bills",
        },
    },
)
