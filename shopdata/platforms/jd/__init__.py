"""JD 京东: a report is ordered, looked for in the account's list, and downloaded (docs/portals.md)."""

from shopdata.config.platforms import Platform

PLATFORM = Platform(
    name="jd",
    portal="shopdata.platforms.jd.portal:JdPortal",
    login="shopdata.platforms.jd.login:JdLogin",
    dialects={
        "jd-report": "shopdata.platforms.jd.orders:REPORTS",
        "jd-ads": "shopdata.platforms.jd.advertising:ADVERTISING",
    },
    titles={"zh": "京东", "en": "JD"},
    dataset_titles={
        "en": {"jd_store": "inventory", "jd_ad_effect": "advertising effect", "jd_manage_pro": "product performance"}
    },
    examples={"daily": "jd_store"},
)
