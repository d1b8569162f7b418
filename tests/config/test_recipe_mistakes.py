"""A recipe that can't be right is named with file, line and key, and what to write instead."""

from __future__ import annotations

import pytest
from config_folder import ConfigFolder

LIST = """\
recipe: {version: 1, dataset: jd_store}
steps:
  - ask: day
    GET: "{jd.report_origin}/newest"
    query: {day: "{start:%Y-%m-%d}", to: "{end:s}", id: "{uuid4}"}
    take: {key: $.content.key}
  - pages: {of: rows, size: 20, rows: $.data, total: $.total, id: SKU}
    POST: "{jd.gateway_origin}/list"
    json: {key: "{day.key}", page: "{page}", inner: [{from: "{start-1d:%Y%m%d}"}]}
  - each: {of: rows, as: row, id: SKU}
    do:
      pages: {of: inner, rows: $.data, id: id}
      POST: "{jd.gateway_origin}/inner"
      form: {sku: "{row.SKU}", key: "{day.key|text}", "plain {{text}}": x}
"""


@pytest.fixture
def recipe(folder: ConfigFolder) -> ConfigFolder:
    folder.write("recipes/jd_store.yaml", LIST)
    return folder


def test_a_good_one_is_taken(recipe: ConfigFolder) -> None:
    assert recipe.problems() == []
    made = recipe.load().recipes["jd_store"]
    assert not made.is_in_browser
    assert [request.method for request in made.requests] == ["GET", "POST", "POST"]


#: What is written in place of what, where the mistake is said to stand, and a part of the sentence.
MISTAKES = [
    ("version: 1", "version: 2", ":1 recipe.version", "Expected 1."),
    ("dataset: jd_store", "dataset: jd_stor", ":1 recipe.dataset", "Did you mean `jd_store`?"),
    ("dataset: jd_store}", "dataset: jd_store, dialect: jdd}", ":1 recipe.dialect", "Write one of: "),
    ("dataset: jd_store}", "dataset: jd_store, pages: x}", ":1 recipe.pages", "Did you mean `page`?"),
    ("  - ask: day", "  - asks: day", ":3 steps[0]", "exactly one of the keys open, ask, "),
    ("take: {key", "takes: {key", ":6 steps[0].takes", "Did you mean `take`?"),
    ('GET: "{jd.report_origin}/newest"', "", ":3 steps[0]", 'add GET: "{…}/path"'),
    ("{jd.report_origin}/newest", "https://ppzh.jd.com/newest", ":4 steps[0].GET", "Begin it with {jd.login_url} or"),
    ("{jd.report_origin}", "{jd.report_orign}", ":4 steps[0].GET", "Did you mean `report_origin`?"),
    ("{start:%Y-%m-%d}", "{start}", ":5 steps[0].query.day", "Write {start:%Y-%m-%d} or {start:s}."),
    ("{end:s}", "{end:seconds}", ":5 steps[0].query.to", "does not say how"),
    ("{uuid4}", "{uuid}", ":5 steps[0].query.id", "is not known here"),
    ("{uuid4}", "{page}", ":5 steps[0].query.id", "Write it in a step of pages."),
    ("{uuid4}", "{", ":5 steps[0].query.id", "Write {{ for a brace"),
    ("$.content.key", "$.content$", ":6 steps[0].take.key", "write $, $.name"),
    ("size: 20, ", "", ":7 steps[1]", "size is missing"),
    ("total: $.total, ", "totals: $.total, ", ":7 steps[1].pages.totals", "Did you mean `total`?"),
    ("{day.key}", "{days.key}", ":9 steps[1].json.key", "Known: jd, day."),
    ("{day.key}", "{day.keys}", ":9 steps[1].json.key", "It takes: key."),
    ("{start-1d:%Y%m%d}", "{start-1w:%Y%m%d}", ":9 steps[1].json.inner[0].from", "is not known here"),
    ("of: rows, as", "of: row, as", ":10 steps[2].each.of", "Did you mean `rows`?"),
    ("{row.SKU}", "{rows.SKU}", ":14 steps[2].do.form.sku", "Write {row.SKU} there."),
    ("of: inner", "of: inner, frm: 0", ":12 steps[2].do.pages.frm", "Did you mean `from`?"),
    ("      form:", "      json: {}\n      form:", ":11 steps[2].do", "take one of them out"),
    ("    do:", "    rows_by: chat\n    do:", ":11 steps[2].rows_by", "nobody called 'chat'"),
]


@pytest.mark.parametrize(
    ("old", "new", "place", "told"), MISTAKES, ids=[f"{new:.24} {told:.12}" for _, new, _, told in MISTAKES]
)
def test_a_mistake_is_told_with_its_line(recipe: ConfigFolder, old: str, new: str, place: str, told: str) -> None:
    recipe.edit("recipes/jd_store.yaml", old, new)
    (problem,) = recipe.problems()
    assert recipe.place(problem) == f"recipes/jd_store.yaml{place}"
    assert told in problem


def test_a_step_that_leads_nowhere(recipe: ConfigFolder) -> None:
    recipe.write("recipes/jd_store.yaml", LIST.partition("  - pages")[0])
    (problem,) = recipe.problems()
    assert "end with file, pages or each" in problem


def test_the_files_name_is_the_datasets(recipe: ConfigFolder) -> None:
    recipe.write("recipes/jd_other.yaml", LIST)
    (problem,) = recipe.problems()
    assert problem.endswith("Call the file jd_store.yaml.")


FILE = """\
recipe: {version: 1, dataset: jd_store}
steps:
  - {file: xlsx, GET: "{jd.report_origin}/file", unpack: {match: "*.xlsx", all: true}, sheet: 明细, drop_rows: totals}
"""


def test_what_is_said_of_a_file_holds_for_who_reads_it_again(folder: ConfigFolder) -> None:
    folder.write("recipes/jd_store.yaml", FILE)
    contract = folder.load().datasets["jd_store"]
    assert (contract.sheet, contract.totals, contract.zip_parts) == ("明细", "drop", "join")


def test_contract_and_recipe_say_the_same_of_a_file(folder: ConfigFolder) -> None:
    folder.write("recipes/jd_store.yaml", FILE)
    folder.edit("datasets/jd_store.yaml", "period_column: 时间", "sheet: 概览")
    (problem,) = folder.problems()
    assert folder.place(problem) == "recipes/jd_store.yaml:3 steps[0].sheet"
    assert "says sheet '概览' of the same file" in problem


JOB = """\
recipe: {version: 1, dataset: jd_store, dialect: jd-report, page: "{jd.report_origin}/board"}
steps:
  - job: report
    create:
      POST: "{jd.gateway_origin}/order"
      json: {date: "{start:%Y-%m-%d}"}
      ok: {$.status: 0}
      take: {name: $.content.taskName}
    find:
      GET: "{jd.report_origin}/list"
      rows: $.content.data
      id: reportId
      where: {reportType: x, reportName: {like: "{report.name}"}}
      made: {at: createTime}
    status: {at: status, working: ["1"], done: ["2"]}
    take: {link: downloadLink}
  - {file: xlsx, from: "{report.link}"}
"""

#: As `MISTAKES`, of a report that is ordered.
OF_A_JOB = [
    ("{start:%Y-%m-%d}", "{{ start }}", ":6 steps[0].create.json.date", "is another language"),
    ("{start:%Y-%m-%d}", "{start:YYYY-MM-DD}", ":6 steps[0].create.json.date", "Write {start:%Y-%m-%d} or {start:s}."),
    ("      POST:", "      method: POST\n      POST:", ":5 steps[0].create.method", "Known here: GET, POST,"),
    ("      POST:", "      GET:", ":4 steps[0].create", "a GET has no body"),
    ("      json:", "      data:", ":6 steps[0].create.data", "query, headers, json, form"),
    ("{$.status: 0}", "$.status", ":7 steps[0].create.ok", "Expected keys and values"),
    ("{$.status: 0}", "{$.status: [0, 1]}", ":7 steps[0].create.ok.$.status", "write a single value"),
    ("$.content.data", "$..data", ":11 steps[0].find.rows", "write $, $.name"),
    ("      id: reportId\n", "", ":9 steps[0].find.id", "Add `id: …`"),
    ('{like: "', '{likes: "', ":13 steps[0].find.where.reportName.likes", "Did you mean `like`?"),
    ('{like: "', '{has: x, like: "', ":13 steps[0].find.where.reportName", "it says one thing"),
    ("{report.name}", "{report.title}", ":13 steps[0].find.where.reportName.like", "It takes: id, name."),
    ("{at: createTime}", "createTime", ":14 steps[0].find.made", "Expected keys and values"),
    (', done: ["2"]', "", ":15 steps[0].status.done", "Add `done: …`"),
    ("    take: {link: downloadLink}\n", "", ":3 steps[0]", "add take: {link: …}"),
    ("{link: downloadLink}", "{link: a, url: b}", ":3 steps[0]", "the one field with the link"),
    ("    take: {link", "    cooldown: -1\n    take: {link", ":16 steps[0].cooldown", "Expected a number above 0"),
    ("    take: {link", "    every: true\n    take: {link", ":16 steps[0].every", "these are seconds"),
    ("job: report", "job: Report", ":3 steps[0].job", "a name of lower-case letters"),
    ("job: report", "job: report\n    ask: x", ":3 steps[0]", "exactly one of the keys"),
    ("file: xlsx", "file: excel", ":17 steps[1].file", "Expected 'xlsx', 'xls',"),
    ("{report.link}", "https://x.example/a.xlsx", ":17 steps[1]", 'write from: "{step.link}"'),
    ("{report.link}", "{report.url}", ":17 steps[1].from", "It takes: id, link, name."),
    ("{file: xlsx,", '{file: xlsx, unpack: "*.csv",', ":17 steps[1].unpack", "Expected keys and values"),
    ("{file: xlsx,", "{file: xlsx, drop_rows: true,", ":17 steps[1].drop_rows", "Expected 'totals'"),
    ("  - {file", "  - {file: any, from: '{report.link}'}\n  - {file", ":1", "steps[1] is a file, the end"),
    ('"{jd.gateway_origin}/order"', "{jd.gateway_origin}/order", ":5", "a value that begins with { "),
    ("      ok:", "      sign: signed\n      ok:", ":7 steps[0].create.sign", "write none, page, {borrow"),
    ("      ok:", "      sign: page\n      ok:", ":7 steps[0].create.sign", "Write {borrow: …}, {rewrite"),
    ("      ok:", "      sign: {borrow: x}\n      ok:", ":7 steps[0].create.sign.borrow", "Expected a list"),
    (
        "      ok:",
        "      sign: {click: [x], fil: {}}\n      ok:",
        ":7 steps[0].create.sign.fil",
        "Did you mean `fill`?",
    ),
    ("{file: xlsx,", "{file: xlsx, sign: {click: [x]},", ":17 steps[1]", "take its link in an ask above"),
    ('page: "{jd.report_origin}/board"', "page: /board", ":1 recipe.page", "Begin it with {jd.login_url}"),
]


@pytest.mark.parametrize(
    ("old", "new", "place", "told"), OF_A_JOB, ids=[f"{new:.24} {told:.12}" for _, new, _, told in OF_A_JOB]
)
def test_a_mistake_in_a_job_is_told_with_its_line(
    folder: ConfigFolder, old: str, new: str, place: str, told: str
) -> None:
    folder.write("recipes/jd_store.yaml", JOB)
    assert folder.problems() == []
    folder.edit("recipes/jd_store.yaml", old, new)
    (problem,) = folder.problems()
    assert folder.place(problem) == f"recipes/jd_store.yaml{place}"
    assert told in problem
