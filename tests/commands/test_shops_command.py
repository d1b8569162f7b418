"""`scrapy shops` for one shop after the other, and for a list; no store and no portal is asked."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest
from workplace import Workplace

KEY = "a key that is long enough"
PASSWORD = "pa55-w0rd-fake"
#: What the configuration asks of the environment besides the shops' own.
ELSEWHERE = ("SHOPDATA_S3_ENDPOINT", "SHOPDATA_S3_ACCESS_KEY", "SHOPDATA_S3_SECRET_KEY")


@pytest.fixture(autouse=True)
def _key(place: Workplace) -> None:
    place.variables["SHOPDATA_SECRET_KEY"] = KEY


def test_one_shop_is_entered_changed_and_disabled(place: Workplace) -> None:
    own = ("--platform", "JD", "--name", "第三店", "--username", "someone-fake")
    run = place.scrapy("shops", "add", "third", *own, "--password-stdin", typed=f"{PASSWORD}\n")
    assert (run.code, run.out) == (0, "+ third (第三店)\n1 new, 0 changed, 0 as before.\n"), run.text
    run = place.scrapy("shops", "add", "third", *own, "--password-stdin", typed=f"{PASSWORD}\n")
    assert (run.code, "this shop is kept already" in run.err) == (2, True), run.text
    unnamed = ("--platform", "pdd", "--name", "第四店", "--username", "someone-fake")
    run = place.scrapy("shops", "add", *unnamed, "--password-stdin", typed=f"{PASSWORD}\n")
    assert (run.code, "+ pdd-001 (第四店)" in run.out) == (0, True), run.text
    run = place.scrapy("shops", "edit", "third", "--owner", "张三", "--since", "2026-03-01", "--account-shop", "甲店")
    assert "~ third (第三店): owner, since, account shop" in run.out, run.text
    run = place.scrapy("shops", "edit", "third", "--password-stdin", typed="n3w-fake\n")
    assert "~ third (第三店): password" in run.out, run.text
    run = place.scrapy("shops", "edit", "thrid", "--owner", "x")
    assert (run.code, "no shop thrid is kept" in run.err) == (2, True), run.text
    run = place.scrapy("shops", "edit", "third", "--datasets", "pdd_chat", "--since", "soon")
    assert run.code == 2
    assert "datasets: pdd_chat is no dataset of the platform jd" in run.err
    assert "since: “soon” is no day" in run.err
    assert place.scrapy("shops", "disable", "third").code == 0
    listed = place.scrapy("shops", "list", COLUMNS="200").out
    assert any({"third", "第三店", "张三", "disabled"} <= set(line.split()) for line in listed.splitlines()), listed
    assert [line.split()[3] for line in listed.splitlines() if "sandbox-01" in line] == ["shops.yaml"]
    checked = place.scrapy("check_config")
    assert (checked.code, "shops enabled" in checked.out) == (0, True), checked.text
    assert PASSWORD not in place.texts()
    assert "someone-fake" not in place.texts()


def test_a_list_is_made_filled_in_and_entered(place: Workplace, tmp_path: Path) -> None:
    path = tmp_path / "shops.xlsx"
    assert place.scrapy("shops", "template", str(path), SHOPDATA_LANGUAGE="zh").code == 0
    run = place.scrapy("shops", "template", str(path))
    assert (run.code, "there is a file of this name" in run.err) == (2, True)
    book = openpyxl.load_workbook(path)
    for row, name in enumerate(("甲店", "sandbox-01", "乙店"), 3):
        for column, value in enumerate((name, "京东", f"u{row}", PASSWORD), 1):
            book.worksheets[0].cell(row, column, value)
    book.worksheets[0]["E4"] = "sandbox-01"
    book.worksheets[0]["B5"] = "淘宝"
    book.save(path)
    run = place.scrapy("shops", "import", str(path))
    assert run.code == 2
    assert "row 5, column B (platform): there is no platform “淘宝”" in run.err
    assert "1 mistake; nothing was entered" in run.err
    book.worksheets[0]["B5"] = "拼多多"
    book.save(path)
    run = place.scrapy("shops", "import", str(path), "--dry-run")
    assert "It would be 3 new" in run.out, run.text
    run = place.scrapy("shops", "import", str(path))
    assert (run.code, "row 4: shops.yaml has this shop too, and that counts" in run.err) == (0, True), run.text
    assert "3 new" in run.out
    assert "counts, and what the ledger keeps of them does not: sandbox-01" in place.scrapy("shops", "list").out
    assert "the kept shop 'sandbox-01': shops.yaml has this shop too" in place.scrapy("check_config").err
    run = place.scrapy("shops", "disable", "sandbox-01")
    assert (run.code, "Write `enabled: false` there" in run.err) == (2, True), run.text
    assert place.scrapy("shops", "remove", "sandbox-01").code == 0
    run = place.scrapy("shops", "import", str(tmp_path / "nothing.xlsx"))
    assert (run.code, "the file can't be read. Found No such file" in run.err) == (2, True), run.text


def test_all_under_a_new_key(place: Workplace) -> None:
    own = ("--platform", "jd", "--name", "第三店", "--username", "someone-fake")
    run = place.scrapy("shops", "add", "third", *own, "--password-stdin", typed=PASSWORD, SHOPDATA_SECRET_KEY=None)
    assert (run.code, "no key is set. Set it" in run.err) == (2, True), run.text
    run = place.scrapy("shops", "add", "third", *own)
    assert (run.code, "no terminal to ask at" in run.err) == (2, True), run.text
    place.scrapy("shops", "add", "third", *own, "--password-stdin", typed=PASSWORD)
    place.sign_in("sandbox-01")
    place.scrapy("sessions")
    assert "another key" in place.scrapy("check_config", SHOPDATA_SECRET_KEY="new").err
    run = place.scrapy("shops", "rekey", "--password-stdin", typed="wrong", SHOPDATA_SECRET_KEY="new")
    assert (run.code, "this is not the key" in run.err) == (2, True), run.text
    run = place.scrapy("shops", "rekey", "--password-stdin", typed=KEY, SHOPDATA_SECRET_KEY="new")
    assert (run.code, "Encrypted with the new key: 1 shops" in run.out) == (0, True), run.text
    assert place.scrapy("check_config", SHOPDATA_SECRET_KEY="new").code == 0
    run = place.scrapy("shops", "rekey", "--password-stdin", typed=KEY, SHOPDATA_SECRET_KEY="new")
    assert "encrypted with this key already" in run.out, run.text


def test_before_anything_else_is_set_up(place: Workplace, tmp_path: Path) -> None:
    nothing_is_set: dict[str, str | None] = dict.fromkeys([*place.sandbox.environment(), *ELSEWHERE])
    assert place.scrapy("check_config", **nothing_is_set).code == 2
    run = place.scrapy("shops", "template", str(tmp_path / "shops.xlsx"), **nothing_is_set)
    assert run.code == 0, run.text
    own = ("--platform", "jd", "--name", "第三店", "--username", "someone-fake", "--password-stdin")
    run = place.scrapy("shops", "add", "third", *own, typed=PASSWORD, **nothing_is_set)
    assert run.code == 0, run.text
    listed = place.scrapy("shops", "list", COLUMNS="200", **nothing_is_set)
    assert (listed.code, "third" in listed.out, "sandbox-01" in listed.out) == (0, True, True), listed.text
