"""D17: the page whose own code signs calls: does it open, has it its client, and does a call come back."""

from __future__ import annotations

import pkgutil
from typing import Any
from urllib.parse import urljoin

from scrapy.http import JsonRequest

from shopdata.config import platform_named
from shopdata.config.platforms import Platform
from shopdata.config.recipes import PagesStep
from shopdata.crawling.paged_list import PagedList
from shopdata.doctor.asking import Answer
from shopdata.doctor.examination import Examination
from shopdata.doctor.findings import Finding, differs, holds, unseen
from shopdata.doctor.judging import NOTHING, Place, Speech, read_answer
from shopdata.doctor.listed import judge_pages
from shopdata.periods import Period, latest_day

_ROWS_SHOWN = 20


async def look_at_signed_page(exam: Examination) -> None:
    """Asks for one page of the list that the platform names for it."""
    platform = platform_named(exam.shop.platform)
    if platform.page_client is None or platform.signed_list is None:
        return
    listed: PagedList = pkgutil.resolve_name(platform.signed_list)
    portal: Any = exam.portal
    period = Period.of("day", latest_day("day", 1))
    body = {
        "keywords": "",
        "startTime": int(period.start_time.timestamp()),
        "endTime": int(period.end_time.timestamp()),
        listed.page_key: 1,
        listed.size_key: listed.page_size,
    }
    request = JsonRequest(urljoin(portal.origin, listed.path), data=body, dont_filter=True)
    request.meta["shopdata_signed_page"] = portal.chat_page_path
    answer = await exam.ask(request, "D17")
    exam.add("D17", judge_signed(exam, platform, listed, answer), answer)


def judge_signed(exam: Examination, platform: Platform, listed: PagedList, answer: Answer) -> list[Finding]:
    """What came of a call through the page."""
    page, client = exam.key("chat_page_path"), exam.key("page_client")
    if answer.failure:
        return [differs("signed_page", listed.path, page, client, why=answer.failure)]
    step = PagesStep.model_validate(
        {
            "POST": listed.path,
            "json": {"page": "{page}"},
            "pages": {
                "of": "rows",
                "size": _ROWS_SHOWN,
                "rows": f"$.{listed.rows_key}",
                "total": f"$.{listed.total_key}",
                "id": listed.id_key,
            },
        }
    )
    dialect = platform.load_dialect(next(iter(platform.dialects), "json"))
    speech = Speech(exam.login, exam.portal, dialect, can_sign=True)
    content, findings = read_answer(step, Place("portals.yaml", platform.name), answer, speech, listed.path)
    if content is NOTHING or findings:
        return [
            differs("signed_page", listed.path, page, client, why=one.fact) if one.fact in ("http", "signed") else one
            for one in findings
        ]
    found = judge_pages(step, Place("portals.yaml", platform.name), content, listed.path)
    # No key says what stands in this list: its rows are made by code.
    return [
        holds("signed_page", listed.path, n=one.params["n"])
        if one.fact == "page"
        else Finding(**{**vars(one), "keys": ()})
        for one in found
    ] or [unseen("empty_page", listed.path)]
