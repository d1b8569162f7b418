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
    ("  - ask: day", "  - asks: day", ":3 steps[0]", "one of the keys open, ask, "),
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
