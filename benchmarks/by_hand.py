"""The way it is done without `shopdata`: a script that goes from shop to shop, as many a data person has written it.

    python -m benchmarks.by_hand PLAN.json OUT.xlsx

PLAN.json: {"portal": `jd` of portals.yaml, "date": "YYYY-MM-DD", "shops": [{"name", "username", "password"}]}
"""

from __future__ import annotations

import json
import sys
import time
import uuid
import warnings
from io import BytesIO
from pathlib import Path
from typing import Any

import pandas as pd
from playwright.sync_api import sync_playwright

from shopdata.browser.chromium import find_chromium, needs_no_sandbox

HEADERS = {"X-Requested-With": "XMLHttpRequest"}


def main(plan: dict[str, Any], out: Path) -> None:
    """One shop after the other, then everything into one workbook; prints the seconds of it, without the start."""
    began = time.monotonic()
    warnings.simplefilter("ignore")
    frames = []
    for shop in plan["shops"]:
        body = export(shop, plan["portal"], plan["date"])
        frame = pd.read_excel(BytesIO(body))
        frame.insert(0, "shop", shop["name"])
        frames.append(frame)
    pd.concat(frames, ignore_index=True).to_excel(out, index=False)
    print(time.monotonic() - began)


def export(shop: dict[str, str], portal: dict[str, Any], date: str) -> bytes:
    """Fresh browser, sign in, create the report, look every second, download."""
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox"] if needs_no_sandbox() else []
        executable = find_chromium(None, playwright.chromium.executable_path)
        browser = playwright.chromium.launch(executable_path=str(executable), args=arguments)
        page = browser.new_page()
        page.goto(portal["login_url"])
        page.fill("#loginname", shop["username"])
        page.fill("input[type=password]", shop["password"])
        page.click("button.password__submit")
        page.wait_for_url("**/jdm/home*")
        request = page.context.request
        created = request.post(
            f"{portal['gateway_origin']}/inventoryajax/reportCenter/recommendReport/downloadERPSupplyChainProData.ajax"
            f"?uuid={uuid.uuid4()}",
            headers=HEADERS,
            data={
                "isRdc": "0",
                "brandId": "all",
                "firstCategoryId": "",
                "secondCategoryId": "",
                "thirdCategoryId": "all",
                "date": date,
                "startDate": date,
                "endDate": date,
                "skuId": "",
                "skuStatusCd": "",
                "dataType": "offline",
                "id": 1,
                "excludeEmpty": "0",
            },
        ).json()
        name = created["content"]["taskName"]
        while True:
            time.sleep(1)
            listed = request.get(
                f"{portal['report_origin']}/brand/reportCenter/myReport/getReportList.ajax?uuid={uuid.uuid4()}",
                headers=HEADERS,
            ).json()
            own = next((r for r in listed["content"]["data"] if r["reportName"] == name), None)
            if own is not None and own["status"] == "2" and own["downloadLink"]:
                break
        link = own["downloadLink"]
        file = request.get(f"http:{link}" if link.startswith("//") else link)
        body = file.body()
        browser.close()
    return body


if __name__ == "__main__":
    main(json.loads(Path(sys.argv[1]).read_text("utf-8")), Path(sys.argv[2]))
