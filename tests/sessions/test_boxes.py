"""Which boxes of a login page are ticked, in the ways that UI kits make them; one page with a row of each."""

from __future__ import annotations

from typing import Any

import pytest
from pages import chromium
from playwright.async_api import Page

from shopdata.platforms.jd.portal import JdPortal
from shopdata.sessions.sign_in.obstacles import Obstacles

pytestmark = pytest.mark.browser

WORDS = '我已阅读并同意<a href="https://elsewhere.example/rules">《用户协议》</a>'
#: The row, and what is true of it when its box is ticked.
ROWS: dict[str, tuple[str, str]] = {
    "input": (f'<input type="checkbox" id="r1"><label for="r1">{WORDS}</label>', "input:checked"),
    "input in a label": (f'<label><input type="checkbox">{WORDS}</label>', "input:checked"),
    "input without a label": (f'<input type="checkbox"> {WORDS}', "input:checked"),
    "input named by aria": ('<input type="checkbox" aria-label="I agree to the terms of service">', "input:checked"),
    "English": ('<label><input type="checkbox"> I have read the Privacy Policy</label>', "input:checked"),
    "ant": (
        '<label class="ant-checkbox-wrapper"><span class="ant-checkbox" style="position:relative">'
        '<input type="checkbox" class="ant-checkbox-input" style="position:absolute;inset:0;opacity:0">'
        '<span class="ant-checkbox-inner drawn">'
        f"</span></span><span>{WORDS}</span></label>",
        "input:checked",
    ),
    "element-ui": (
        '<label class="el-checkbox"><span class="el-checkbox__input"><span class="el-checkbox__inner drawn"></span>'
        '<input type="checkbox" style="position:absolute;width:0;height:0;opacity:0"></span>'
        f'<span class="el-checkbox__label">{WORDS}</span></label>',
        "input:checked",
    ),
    "bootstrap": (
        '<div class="custom-control"><input type="checkbox" id="r2" style="display:none">'
        f'<label for="r2" class="before">{WORDS}</label></div>',
        "input:checked",
    ),
    "role": (f'<div role="checkbox" aria-checked="false" class="drawn aria"></div><span>{WORDS}</span>', ".is-on"),
    "role around its words": (
        f'<div role="checkbox" aria-checked="false" class="aria"><i class="drawn"></i> {WORDS}</div>',
        ".is-on",
    ),
    "a button with the role": (
        '<button type="button" role="checkbox" aria-checked="false" data-state="unchecked" class="drawn aria"></button>'
        f"{WORDS}",
        ".is-on",
    ),
    "beast": (
        '<label data-testid="beast-core-checkbox" data-checked="false" class="CBX_outer data">'
        f"<div class='CBX_square drawn'></div><div>{WORDS}</div></label>",
        "[data-checked=true]",
    ),
    "span with a class": (f'<span class="checkbox drawn toggle"></span><span>{WORDS}</span>', ".is-checked"),
    "icon": (f'<p><i class="iconfont icon-weixuan drawn toggle"></i><span>{WORDS}</span></p>', ".is-checked"),
    "picture": (f'<div><img class="drawn toggle" alt="" src="data:,"><em>{WORDS}</em></div>', ".is-checked"),
    "nested": (f'<div><div><b class="drawn toggle"></b></div><div><span>{WORDS}</span></div></div>', ".is-checked"),
    "layui": (
        '<input type="checkbox" style="display:none"><div class="layui-form-checkbox behind">'
        f'<span>{WORDS}</span><i class="layui-icon drawn"></i></div>',
        "input:checked",
    ),
    "switch": (
        f'<button type="button" role="switch" aria-checked="false" class="aria" style="width:40px"></button>{WORDS}',
        ".is-on",
    ),
    "words in pieces": (
        '<i class="drawn toggle"></i><span>我已阅读</span><a href="https://elsewhere.example/rules">《隐私政策》</a>',
        ".is-checked",
    ),
    "one of two": (
        '<label><input type="radio" name="r3" class="yes">同意《服务协议》</label>'
        '<label><input type="radio" name="r3">不同意《服务协议》</label>',
        ".yes:checked",
    ),
    "one for all": (
        '<div class="every"><label><input type="checkbox">同意以下全部条款</label>'
        '<label><input type="checkbox">同意《甲协议》</label>'
        '<label><input type="checkbox">同意《乙协议》</label></div>',
        ":scope:not(:has(input:not(:checked))) .every",
    ),
    "turns coloured": (f'<i class="drawn coloured"></i><span>{WORDS}</span>', ".coloured[data-is-on='1']"),
    "already: input": (f'<label><input type="checkbox" checked>{WORDS}</label>', "input:checked"),
    "already: role": (f'<div role="checkbox" aria-checked="true" class="drawn aria is-on"></div>{WORDS}', ".is-on"),
    "already: class": (f'<span class="checkbox is-checked drawn toggle"></span><span>{WORDS}</span>', ".is-checked"),
    "already: mark": (f'<i class="drawn toggle is-checked">✓</i><span>{WORDS}</span>', ".is-checked"),
    "already: coloured": (
        f'<i class="drawn coloured" data-is-on="1" style="background:#e1251b"></i><span>{WORDS}</span>',
        ".coloured[data-is-on='1']",
    ),
}
#: These stay as the portal has them.
OTHERS: dict[str, tuple[str, str]] = {
    "remember": ('<label><input type="checkbox"> 记住我</label>', "input:checked"),
    "known for days": ('<input type="checkbox" id="o1"><label for="o1">7天内免登录</label>', "input:checked"),
    "automatic": ('<span class="checkbox drawn toggle"></span><span>下次自动登录</span>', ".is-checked"),
    "remember, ticked": ('<label><input type="checkbox" checked> Remember me</label>', "input:not(:checked)"),
    "stay, though agreed": ('<label><input type="checkbox"> 同意保持登录状态</label>', "input:checked"),
    "mail": ('<label><input type="checkbox"> 同意接收营销短信</label>', "input:checked"),
    "something else": ('<label><input type="checkbox"> 公共电脑</label>', "input:checked"),
    "an eye": (
        '<div><input type="password"><i class="drawn toggle"></i></div><div>登录即代表同意《服务协议》</div>',
        ".is-checked",
    ),
    "no": ('<label><input type="checkbox"> I do not agree to the policy</label>', "input:checked"),
    "a button": ('<button type="button" class="drawn toggle"></button><span>请阅读平台政策</span>', ".never"),
}
#: One box beside the other in one row: each has its own words.
TWO_IN_A_ROW = '<input type="checkbox" id="no"> 记住密码 <input type="checkbox" id="yes"> 同意《服务协议》'

HOME = "https://login.example/"
PAGE = """<!doctype html><meta charset="utf-8"><style>
.drawn, .before::before {{ display: inline-block; width: 14px; height: 14px; border: 1px solid #999; padding: 0 }}
.drawn {{ background: none; vertical-align: middle }}
.before::before {{ content: "" }}
label {{ cursor: pointer }}
</style>{rows}<script>
function real(selector, act) {{
  for (const element of document.querySelectorAll(selector)) {{
    element.addEventListener("click", (event) => {{
      if (event.isTrusted && event.target.tagName !== "A") act(element);
    }});
  }}
}}
real(".toggle", (element) => element.classList.toggle("is-checked"));
real(".aria", (element) => element.setAttribute("aria-checked", element.classList.toggle("is-on")));
real(".data", (element) => element.setAttribute("data-checked", element.getAttribute("data-checked") !== "true"));
real(".behind", (element) => {{ element.previousElementSibling.checked = !element.previousElementSibling.checked; }});
document.querySelector(".every").addEventListener("change", (event) => {{
  const boxes = [...document.querySelectorAll(".every input")];
  if (event.target === boxes[0]) boxes.forEach((box) => {{ box.checked = event.target.checked; }});
}});
real(".coloured", (element) => {{
  const isOn = element.dataset.isOn !== "1";
  element.dataset.isOn = isOn ? "1" : "";
  element.style.background = isOn ? "#e1251b" : "";
}});
</script>"""


@pytest.fixture(scope="module")
def ticked(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bool]:
    """Of each row whether its box is as its selector says, after its page was cleared twice."""
    rows = {**ROWS, **OTHERS}
    html = "".join(
        # No two agreements of a page have the same words.
        f'<div style="margin:6px" data-row="{name}">{row.replace("《用户协议》", f"《用户协议 {number}》")}</div>'
        for number, (name, (row, _)) in enumerate(rows.items())
    )
    html += f'<div data-row="two">{TWO_IN_A_ROW}</div>'

    async def act(page: Page) -> dict[str, bool]:
        # Pages of files are of no host: what is looked at here is only which boxes are meant.
        await page.route(
            "https://login.example/", lambda route: route.fulfill(body=PAGE.format(rows=html), content_type="text/html")
        )
        await page.goto("https://login.example/")
        portal = JdPortal(login_url=HOME, report_origin=HOME, gateway_origin=HOME, download_hosts=("login.example",))
        obstacles = Obstacles(page, portal)
        assert await obstacles.tick()
        assert not await obstacles.tick()
        assert page.url == HOME
        found: dict[str, Any] = {
            name: await page.locator(f'[data-row="{name}"]').locator(selector).count() > 0
            for name, (_, selector) in rows.items()
        }
        return found | {name: await page.locator(f"#{name}").is_checked() for name in ("yes", "no")}

    with chromium() as browser:
        return browser.visit("about:blank", act)


@pytest.mark.parametrize("row", ROWS)
def test_a_box_beside_an_agreement_is_ticked(ticked: dict[str, bool], row: str) -> None:
    assert ticked[row]


@pytest.mark.parametrize("row", OTHERS)
def test_other_boxes_stay_as_they_are(ticked: dict[str, bool], row: str) -> None:
    assert not ticked[row]


def test_each_box_has_its_own_words(ticked: dict[str, bool]) -> None:
    assert (ticked["yes"], ticked["no"]) == (True, False)
