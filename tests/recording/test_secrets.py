"""Two hundred secrets, planted wherever a browser may show one: none of them reaches the disk, in whatever form."""

from __future__ import annotations

import base64
import html
import io
import json
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from random import Random
from urllib.parse import quote, quote_plus

import pytest
from kept_journals import FOLDER, dialects, journal_of
from kept_journals import HOSTS as NAMES

from shopdata.recording.inference import Inferred
from shopdata.recording.journal import Call, Download, read_journal, record_of
from shopdata.recording.journal import journal_of as journal_from
from shopdata.recording.recorder import call_of
from shopdata.recording.redaction.entries import without_secrets
from shopdata.recording.redaction.proof import SecretFoundError, contents_of, forms_of, prove_clean
from shopdata.recording.redaction.samples import sample_of, written
from shopdata.recording.redaction.stand_ins import StandIns
from shopdata.recording.saving import Recording, infer_again
from shopdata.recording.tables import kind_and_table

DAY = date(2026, 3, 1)
PAGE = "https://mms.example/orders"
HOSTS = [address.partition("://")[2] for address in NAMES.values()]


def secrets_like(random: Random) -> list[str]:
    """One of each kind."""
    return [
        f"1{random.randrange(3, 10)}{random.randrange(10**9):09}",
        "".join(random.choices("abcdef0123456789", k=32)),
        "".join(random.choices("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", k=24)),
        "".join(random.choices("欧阳司马诸葛上官慕容令狐", k=4)) + f"路{random.randrange(100, 999)}号",
        "".join(random.choices("赵钱孙李周吴郑王冯陈褚卫", k=5)),
        f"{''.join(random.choices('qwertzuiop', k=8))}{random.randrange(10, 99)}@mail.example",
        f"{random.randrange(10**17, 10**18)}",
        f"260301-{random.randrange(10**14, 10**15)}",
        f"138-{random.randrange(1000, 9999)}-{random.randrange(1000, 9999)}",
    ]


def call(number: int, **parts: object) -> Call:
    """A call as a recorder makes it of what a browser says."""
    given = {
        "method": "POST", "url": f"{PAGE}/list", "sent": {}, "posted": None, "status": 200,
        "headers": {"content-type": "application/json"}, "content": b"{}", "page": PAGE, "resource": "xhr",
    } | parts  # fmt: skip
    return call_of(number, 1795950000000 + number, 1795950000100 + number, **given)  # type: ignore[arg-type]


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def _zip(secret: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as package:
        package.writestr(f"{secret}.csv", f"订单号,买家\n1,{secret}\n")
        package.comment = secret.encode()[:100]
    return file.getvalue()


def _workbook(secret: str) -> bytes:
    from openpyxl import Workbook

    file, book = io.BytesIO(), Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["订单号", "买家", "金额"])
    for number in range(3):
        sheet.append([f"{number}", secret, 3])
    book.properties.creator = secret
    book.save(file)
    return file.getvalue()


def _picture(secret: str) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + b"\0\0\0\x20tEXtAuthor\0" + secret.encode()


FORM = {"content-type": "application/x-www-form-urlencoded"}
HTML = {"content-type": "text/html"}
MULTIPART = {"content-type": "multipart/form-data"}


def page_of(number: int, text: str) -> Call:
    return call(number, content=text.encode(), headers=HTML)


def table_of(number: int, content: bytes, url: str = PAGE) -> Download:
    return Download(number, url, table=kind_and_table(content)[1])


#: Where a secret is planted: what a browser has seen then.
PLACES: dict[str, Callable[[int, str], Call | Download]] = {
    "cookie": lambda n, s: call(n, sent={"cookie": f"PASS_ID={s}"}),
    "set-cookie": lambda n, s: call(n, headers={"set-cookie": f"PASS_ID={s}; HttpOnly"}),
    "authorization": lambda n, s: call(n, sent={"authorization": f"Bearer {s}"}),
    "own header": lambda n, s: call(n, sent={"x-account": quote(s)}),
    "name of a header": lambda n, s: call(n, sent={f"x-{quote(s)}": "1"}),
    "referer": lambda n, s: call(n, sent={"referer": f"{PAGE}?who={quote(s)}"}),
    "path": lambda n, s: call(n, url=f"{PAGE}/{quote(s)}/list"),
    "query": lambda n, s: call(n, url=f"{PAGE}?who={quote(s)}"),
    "query, encoded twice": lambda n, s: call(n, url=f"{PAGE}?who={quote(quote(s))}"),
    "name in a query": lambda n, s: call(n, url=f"{PAGE}?{quote(s)}=1"),
    "JSON in a query": lambda n, s: call(n, url=f"{PAGE}?q={quote(json.dumps({'who': s}))}"),
    "fragment": lambda n, s: call(n, page=f"{PAGE}#{quote(s)}"),
    "page": lambda n, s: call(n, page=f"{PAGE}/{quote(s)}?q={quote(s)}"),
    "another host": lambda n, s: call(n, url=f"https://{quote(s).replace('%', 'x')}.example/{quote(s)}"),
    "redirect": lambda n, s: call(n, status=302, headers={"location": f"{PAGE}?ticket={quote(s)}"}),
    "body": lambda n, s: call(n, posted=_json({"buyer": s})),
    "body, deep": lambda n, s: call(n, posted=_json({"a": [{"b": {"c": [s]}}]})),
    "name in a body": lambda n, s: call(n, posted=_json({s: 1})),
    "JSON in JSON": lambda n, s: call(n, posted=_json({"a": json.dumps({"b": json.dumps({"who": s})})})),
    "password": lambda n, s: call(n, posted=_json({"password": s, "captcha": s[:4]})),
    "form": lambda n, s: call(n, posted=f"who={quote_plus(s)}".encode(), sent=FORM),
    "JSON in a form": lambda n, s: call(n, posted=f"q={quote_plus(json.dumps({'who': s}))}".encode(), sent=FORM),
    "multipart": lambda n, s: call(n, posted=f'--x\r\nname="who"\r\n\r\n{s}'.encode(), sent=MULTIPART),
    "answer": lambda n, s: call(n, content=_json({"result": {"buyer": s}})),
    "answer, in a row": lambda n, s: call(n, content=_json({"rows": [{"no": 1, "who": s}, {"no": 2, "who": s}]})),
    "number": lambda n, s: call(n, content=_json({"result": int("".join(filter(str.isdigit, s)) or 0), "of": s})),
    "name in an answer": lambda n, s: call(n, content=_json({"byBuyer": {s: {"n": 1}}})),
    "JSON in an answer": lambda n, s: call(n, content=_json({"rows": [json.dumps({"who": s})]})),
    "escaped": lambda n, s: call(n, content=json.dumps({"who": s}).encode()),
    "base64": lambda n, s: call(n, content=_json({"blob": base64.b64encode(s.encode()).decode()})),
    "hex": lambda n, s: call(n, content=_json({"blob": s.encode().hex()})),
    "HTML in JSON": lambda n, s: call(n, content=_json({"html": f"<b>{html.escape(s)}</b>"})),
    "address in an answer": lambda n, s: call(n, content=_json({"url": f"https://mms.example/u/{quote(s)}?t={quote(s)}"})),
    "text": lambda n, s: call(n, content=s.encode(), headers={"content-type": "text/plain"}),
    "script": lambda n, s: call(n, content=f"var who='{s}'".encode(), headers={"content-type": "text/javascript"}),
    "hidden input": lambda n, s: page_of(n, f'<input type=hidden name=t value="{html.escape(s)}">'),
    "meta": lambda n, s: page_of(n, f'<meta name=t content="{html.escape(s)}">'),
    "data of a page": lambda n, s: page_of(n, f'<p data-who="{html.escape(s)}">{s}</p>'),
    "comment": lambda n, s: page_of(n, f"<p><!-- {s} --><script>x={json.dumps(s)}</script></p>"),
    "picture": lambda n, s: call(n, content=_picture(s), headers={"content-type": "image/png"}, resource="fetch"),
    "zip in an answer": lambda n, s: call(n, content=_zip(s), headers={"content-type": "application/zip"}),
    "workbook": lambda n, s: table_of(n, _workbook(s), "blob:x"),
    "member of a zip": lambda n, s: table_of(n, _zip(s), f"https://mms.example/{quote(s)}"),
    "CSV": lambda n, s: table_of(n, f"订单号,买家\n1,{s}\n2,{s}\n".encode(), f"{PAGE}?f={quote(s)}"),
    "head of a CSV": lambda n, s: table_of(n, f"订单号,{s}\n1,2\n3,4\n".encode()),
    "data: address": lambda n, s: Download(n, f"data:text/csv,{quote(s)}"),
}  # fmt: skip


def planted() -> Iterator[tuple[str, str, int]]:
    """Where, what, and its number: each kind of secret in turn, until there are two hundred and more."""
    random, number = Random(20260301), 0
    while number < 230:
        for secret in secrets_like(random):
            place = list(PLACES)[number % len(PLACES)]
            number += 1
            yield place, secret, number


def test_no_secret_reaches_the_disk(tmp_path: Path) -> None:
    plants = list(planted())
    assert len(plants) >= 200
    assert {place for place, _, _ in plants} == PLACES.keys()
    # In a file's head and in the names of an object a name can't be told from a column: there it must be known.
    known = {secret for place, secret, _ in plants if place in ("head of a CSV", "name in an answer", "name in a body")}
    recording = Recording(tmp_path / "journal.jsonl", [DAY], HOSTS, known, dialects("pdd_kpi_days"))
    recording.begin(DAY)
    for place, secret, number in plants:
        recording.note(PLACES[place](number, secret))
    kept = recording.path.read_text("utf-8")
    found = [
        f"{place}: {secret} as {form}"
        for place, secret, _ in plants
        for form, text in forms_of(secret)
        if form != "backwards" and text in kept
    ]
    assert found == []
    assert kept.count("\n") == len(plants) + 2


def _files(secret: str) -> Iterator[bytes]:
    """A file of each kind in which a secret stands wherever one can."""
    yield _workbook(secret)
    yield _rich_workbook(secret)
    yield _zip(secret)
    yield f"订单号,买家\n1,{secret}\n2,{secret}\n合计,{secret}\n".encode()
    yield f"订单号,买家\n1,{secret}\n2,x\n".encode("gb18030", "replace")


def _rich_workbook(secret: str) -> bytes:
    """One with a picture, a comment, a hidden sheet, a second sheet, a formula's text, and secrets in all of them."""
    from openpyxl import Workbook
    from openpyxl.comments import Comment

    file, book = io.BytesIO(), Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["订单号", "买家", "金额"])
    for number in range(3):
        sheet.append([f"{number}", f"={secret}" if number == 1 else secret, f"{secret} 元"])
    sheet["A2"].comment = Comment(secret, secret)
    sheet.oddHeader.center.text = secret[:20]
    second = book.create_sheet("第二页")
    second.append(["备注", "经手"])
    second.append(["x", secret])
    second.append(["y", secret])
    hidden = book.create_sheet("hidden")
    hidden.sheet_state = "hidden"
    hidden.append(["备注"])
    hidden.append([secret])
    book.properties.title = book.properties.creator = secret
    book.save(file)
    with zipfile.ZipFile(file, "a") as package:
        package.writestr("xl/media/image1.png", _picture(secret))
        package.writestr("docProps/custom.xml", f"<p>{html.escape(secret)}</p>")
    return file.getvalue()


def test_no_cell_reaches_the_disk(tmp_path: Path) -> None:
    """Of a file some rows are kept, with stand-ins; of all else that it holds, nothing."""
    random = Random(20260302)
    recording = Recording(tmp_path / "journal.jsonl", [DAY], HOSTS, [], dialects("pdd_kpi_days"))
    recording.begin(DAY)
    planted = [(secret, content) for _ in range(3) for secret in secrets_like(random) for content in _files(secret)]
    assert len(planted) > 100
    for number, (_, content) in enumerate(planted):
        kind, table = kind_and_table(content)
        sample = sample_of(content, table)
        assert sample is not None
        recording.keep_file(Download(number, PAGE, kind, table=table), sample)
    assert len(recording.samples) == len(planted)
    kept = recording.path.read_text("utf-8") + "\n".join(
        text for path in recording.samples for text in contents_of(path)
    )
    found = [(secret, form) for secret, _ in planted for form, text in forms_of(secret) if text in kept]
    assert [one for one in found if one[1] != "backwards"] == []


def test_what_is_kept_of_a_file_is_read_as_the_file() -> None:
    by = StandIns(b"key", [DAY], datetime(2026, 11, 29, tzinfo=UTC))
    content = "订单号,日期,金额\n100000000001,2026-03-01,3.50\n100000000002,2026-03-01,12\n合计,,15.50\n".encode()
    sample = sample_of(content, kind_and_table(content)[1])
    assert sample is not None
    kind, table = kind_and_table(written(sample, by))
    assert (kind, table["rows"], table["has_totals"]) == ("csv", 2, True)
    assert [one["name"] for one in table["columns"]] == ["订单号", "日期", "金额"]
    assert [one["is_long_number"] for one in table["columns"]] == [True, False, False]
    assert [one["is_constant"] for one in table["columns"]] == [False, True, False]


def test_what_is_found_is_not_saved(tmp_path: Path) -> None:
    """The second look does not trust the first."""
    for form in (str, quote, html.escape, lambda text: base64.b64encode(f"x{text}y".encode()).decode(), json.dumps):
        with pytest.raises(SecretFoundError):
            prove_clean([f"before {form('张三丰13800138000')} after"], ["张三丰13800138000"])  # type: ignore[operator]
    (tmp_path / "file.zip").write_bytes(_zip("13800138000"))
    with pytest.raises(SecretFoundError):
        prove_clean(contents_of(tmp_path / "file.zip"), ["13800138000"])
    prove_clean(["nothing of it"], ["13800138000", "status"])


def test_a_stand_in_is_the_same_everywhere() -> None:
    by = StandIns(b"key", [DAY], datetime(2026, 11, 29, tzinfo=UTC))
    name = "商品明细_2026-03-01"
    stands = by.text(name)
    assert stands != name
    assert "2026-03-01" in stands
    assert len(stands) == len(name)
    assert stands in by.text(f"【{name}】.xlsx")
    assert by.value({"a": json.dumps({"b": name})})["a"] == json.dumps(
        {"b": stands}, ensure_ascii=False, separators=(",", ":")
    )
    link = "https://files.example/a1b2c3d4e5f6.csv?Signature=0123456789abcdef"
    assert by.value(link) == by.value(link.removeprefix("https:")).join(("https:", ""))
    assert StandIns(b"other", [DAY], datetime(2026, 11, 29, tzinfo=UTC)).text(name) != stands


def saved(dataset: str, path: Path) -> tuple[Recording, Inferred]:
    journal = journal_of(dataset)
    recording = Recording(path, [take.day for take in journal.takes], HOSTS, ["13800138000"], dialects(dataset))
    for take in journal.takes:
        recording.begin(take.day)
        for entry in (*take.calls, *take.downloads):
            recording.note(entry)
    return recording, recording.save(dataset)


@pytest.mark.parametrize("dataset", sorted(path.stem for path in FOLDER.glob("*.jsonl")))
def test_a_kept_journal_gives_the_same_recipe(dataset: str, tmp_path: Path) -> None:
    recording, inferred = saved(dataset, tmp_path / "journal.jsonl")
    assert infer_again(read_journal(recording.path), dialects(dataset), dataset).recipe == inferred.recipe


def test_a_constant_that_is_secret_is_not_saved(tmp_path: Path) -> None:
    """A recipe would have to say it."""
    journal = journal_of("pdd_kpi_days")
    recording = Recording(tmp_path / "j.jsonl", [], HOSTS, ["flagship-of-ours"], dialects("pdd_kpi_days"))
    for take in journal.takes:
        recording.begin(take.day)
        for entry in (*take.calls, *take.downloads):
            if isinstance(entry, Call) and entry.query and "download" in entry.path:
                entry = replace(entry, query=(*entry.query, ("shop", "flagship-of-ours")))
            recording.note(entry)
    with pytest.raises(Exception, match="secret constant"):
        recording.save("pdd_kpi_days")
    assert "flagship-of-ours" not in (tmp_path / "j.jsonl").read_text("utf-8")


def test_lines_are_read_as_they_were_written() -> None:
    entry = call(1, posted=_json({"a": 1}))
    by = StandIns(b"key", [DAY], datetime(2026, 11, 29, tzinfo=UTC))
    records = [{"kind": "take", "day": str(DAY)}, json.loads(json.dumps(record_of(without_secrets(entry, by))))]
    assert journal_from(records).takes[0].calls[0].body == {"json": {"a": 1}}
