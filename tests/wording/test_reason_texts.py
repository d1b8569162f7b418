"""Every code that can occur has texts in both languages, and what is told of a reason comes from its code and facts."""

from __future__ import annotations

import re
from string import Formatter

import pytest
from each import each
from test_sentences import KINDS as ERRORS
from test_sentences import SITES, Site

from shopdata.exceptions import ConfigError
from shopdata.reasons import Reason
from shopdata.wording.reasons import KINDS, Language
from shopdata.wording.why import CODES, detail_of, essence_of, kind_of


def holes(text: str) -> set[str]:
    return {hole for _, hole, _, _ in Formatter().parse(text) if hole}


def test_each_kind_of_error_has_texts() -> None:
    assert {error.code for error in [*ERRORS.values(), ConfigError]} <= CODES


@each([site for site in SITES if site.codes], lambda site: site.where)
def test_a_finer_code_is_one_of_its_error(site: Site) -> None:
    assert {kind_of(code) for code in site.codes} == {kind_of(site.kind.code)}
    assert site.codes <= CODES


@each(KINDS)
def test_both_languages_say_it(kind: str) -> None:
    texts = KINDS[kind]
    assert all((*texts.title, *texts.todo))
    assert not any(re.search(r"[。.！!]$", title) for title in texts.title)
    assert texts.todo[0].endswith("。")
    assert texts.todo[1].endswith((".", "`."))
    for zh, en in texts.finer.values():
        assert holes(zh) == holes(en)
        assert not re.search(r"[一-鿿]", en)


def test_no_code_stands_twice() -> None:
    finer = [code for kind in KINDS.values() for code in kind.finer]
    assert len(finer) == len(set(finer))
    # Of itself a kind may say more too.
    assert {code for code in finer if code in KINDS} == {"bug"}


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
def test_detail(reason: Reason, language: Language, detail: str) -> None:
    assert detail_of(reason, language) == detail


def test_one_essence_is_what_a_person_would_call_the_same() -> None:
    assert essence_of(Reason("http_status", {"status": 502}, "a")) == essence_of(
        Reason("http_status", {"status": 502}, "b")
    )
    assert essence_of(Reason("http_status", {"status": 502})) != essence_of(Reason("http_status", {"status": 500}))
    # Not told, so not told apart.
    assert essence_of(Reason("no_answer", {"why": "x"})) == essence_of(Reason("no_answer", {"why": "y"}))
    # All that is known of these is their sentence.
    assert essence_of(Reason("unknown", {}, "a")) != essence_of(Reason("unknown", {}, "b"))
