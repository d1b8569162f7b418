"""Every code that can occur has texts in both languages, and what is told of a reason comes from its code and facts."""

from __future__ import annotations

import ast
import re

import pytest
from each import each
from test_sentences import HOUSE, Site, sites
from test_sentences import KINDS as ERRORS

from shopdata.exceptions import ConfigError
from shopdata.reasons import Reason
from shopdata.wording import Texts
from shopdata.wording.why import detail_of, essence_of, kind_of, kinds, title_of, todo_of


def test_each_kind_of_error_has_texts() -> None:
    assert {error.code for error in [*ERRORS.values(), ConfigError]} <= kinds().keys()


@each(lambda: [site for site in sites() if site.codes], lambda site: site.where)
def test_a_finer_code_is_one_of_its_error(site: Site) -> None:
    assert {kind_of(code) for code in site.codes} == {kind_of(site.kind.code)}
    assert site.codes <= kinds().keys()


def test_no_text_is_of_a_code_that_nobody_gives() -> None:
    trees = (ast.parse(path.read_text("utf-8")) for path in HOUSE.rglob("*.py"))
    given = {node.value for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    assert kinds().keys() <= given


@each(sorted(set(kinds().values())))
def test_a_title_is_a_heading_and_what_to_do_a_sentence(kind: str) -> None:
    zh, en = Texts("zh"), Texts("en")
    assert not re.search(r"[。.！!]$", title_of(zh, kind) + title_of(en, kind))
    assert todo_of(zh, kind).endswith("。")
    assert todo_of(en, kind).endswith(".")


@pytest.mark.parametrize(
    ("reason", "language", "detail"),
    [
        (Reason("missing_columns", {"columns": ("可用库存", "SKU")}), "zh", "缺少必需列「可用库存、SKU」"),
        (Reason("missing_columns", {"columns": ("可用库存", "SKU")}), "en", "no column 可用库存, SKU"),
        (Reason("credentials_refused", {"said": "账号或密码错误"}), "zh", "平台提示「账号或密码错误」"),
        (Reason("credentials_refused", {"said": "账号或密码错误"}), "en", "the portal says: 账号或密码错误"),
        (Reason("credentials_refused"), "zh", ""),
        (Reason("http_status", {}), "zh", "HTTP …"),
        (Reason("sms_code_wanted", {"said": "请输入短信验证码"}), "zh", "短信验证码"),
        (Reason("of_a_newer_version", {"n": 1}, "something."), "en", ""),
        (Reason("bug", {"error": "KeyError"}), "en", "KeyError"),
    ],
    ids=lambda value: value.code if isinstance(value, Reason) else str(value),
)
def test_detail(reason: Reason, language: str, detail: str) -> None:
    assert detail_of(Texts(language), reason) == detail


def test_one_essence_is_what_a_person_would_call_the_same() -> None:
    assert essence_of(Reason("http_status", {"status": 502}, "a")) == essence_of(
        Reason("http_status", {"status": 502}, "b")
    )
    assert essence_of(Reason("http_status", {"status": 502})) != essence_of(Reason("http_status", {"status": 500}))
    # Not told, so not told apart.
    assert essence_of(Reason("no_answer", {"why": "x"})) == essence_of(Reason("no_answer", {"why": "y"}))
    # All that is known of these is their sentence.
    assert essence_of(Reason("unknown", {}, "a")) != essence_of(Reason("unknown", {}, "b"))
