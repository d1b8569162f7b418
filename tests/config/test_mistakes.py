"""Every mistake in `pipelines_config/` is told in a sentence: file, line, key, and what to write."""

from __future__ import annotations

import pytest
from config_folder import GOOD, SECRET, ConfigFolder

SHOPS, PORTALS, LAKE, SCHEDULE, STORE = GOOD


def test_the_folder_that_mistakes_are_put_into_has_none(folder: ConfigFolder) -> None:
    assert folder.problems() == []
    config = folder.load()
    assert [shop.id for shop in config.shops_for("jd_store")] == ["one"]
    assert config.shops[0].password.get_secret_value() == SECRET


@pytest.mark.parametrize(
    ("file", "old", "new", "place", "words"),
    [
        pytest.param(
            SHOPS,
            "    username:",
            "    usernam:",
            "shops.yaml:5 shops[0].usernam",
            ["'usernam' is not known", "Did you mean `username`?"],
            id="misspelt key",
        ),
        pytest.param(
            SHOPS,
            "    name: 第一家店\n",
            "    name: 第一家店\n    colour: blue\n",
            "shops.yaml:4 shops[0].colour",
            ["'colour' is not known", "Known here: id, name, platform"],
            id="unknown key like no other",
        ),
        pytest.param(
            SHOPS,
            "    name: 第一家店\n",
            '    name: "第一\\e[31m家店"\n',
            "shops.yaml:3 shops[0].name",
            ["the value holds a control character (U+001B)"],
            id="a name that a terminal obeys",
        ),
        pytest.param(
            SHOPS,
            "    name: 第一家店\n",
            '    name: "第一\\u202e家店"\n',
            "shops.yaml:3 shops[0].name",
            ["nobody sees the character U+202E in it: take it out"],
            id="a name that turns the direction of writing",
        ),
        pytest.param(
            SHOPS,
            "    name: 第一家店\n",
            '    name: "第一\\n家店"\n',
            "shops.yaml:3 shops[0].name",
            ["the value holds a line end (U+000A)"],
            id="a name of two lines",
        ),
        pytest.param(
            PORTALS,
            "  report_origin:",
            "  report_orgin:",
            "portals.yaml:3 jd.report_orgin",
            ["Did you mean `report_origin`?"],
            id="misspelt key inside a section",
        ),
        pytest.param(
            SHOPS,
            "    platform: jd\n",
            "    platform: jd\n    group: 北区\n",
            "shops.yaml:5 shops[0].group",
            ["the value of 'group' does not fit"],
            id="a group that can't be part of a key",
        ),
        pytest.param(
            SHOPS,
            "    platform: jd\n",
            "    platform: jd\n    since: yesterday\n",
            "shops.yaml:5 shops[0].since",
            ["'since' is of the wrong kind", "a day, for example 2026-03-01"],
            id="a first day in words",
        ),
        pytest.param(
            SHOPS,
            "    platform: jd\n",
            "    platform: jd\n    since: 20260301\n",
            "shops.yaml:5 shops[0].since",
            ["'since' is of the wrong kind", "a day, for example 2026-03-01"],
            id="a first day without hyphens",
        ),
        pytest.param(
            SHOPS,
            "    platform: jd\n",
            "    platform: jd\n    since: 2026-02-30\n",
            "shops.yaml:5 shops[0].since",
            ["there is no such day", "Found 2026-02-30"],
            id="a first day that does not exist",
        ),
        pytest.param(
            SHOPS,
            "    platform: jd\n",
            "    platform: jd\n    since: 2026-13-40\n",
            "shops.yaml:5 shops[0].since",
            ["there is no such day", "month", "Found 2026-13-40"],
            id="a month that does not exist",
        ),
        pytest.param(
            SHOPS,
            "    platform: jd\n",
            "    platform: jd\n    since: 2026/3/1\n",
            "shops.yaml:5 shops[0].since",
            ["written in another way", "Found 2026/3/1, expected 2026-03-01"],
            id="a first day with slashes",
        ),
        pytest.param(
            SHOPS,
            "    username: ",
            "    username：",
            "shops.yaml:5",
            ["a full-width ： stands here", "':'"],
            id="a wide colon",
        ),
        pytest.param(
            SHOPS, "  - id:", "  － id:", "shops.yaml:2", ["a full-width － stands here", "'-'"], id="a wide dash"
        ),
        pytest.param(
            SHOPS, "${ONE_PASSWORD}", "$｛ONE_PASSWORD｝", "shops.yaml:6", ["a full-width ｛", "'{'"], id="wide braces"
        ),
        pytest.param(
            SHOPS,
            "    platform",
            "\u3000   platform",
            "shops.yaml:4",
            ["a full-width blank"],
            id="a wide blank before a key",
        ),
        pytest.param(
            SHOPS,
            "platform: jd",
            "platform: ｊd",
            "shops.yaml:4 shops[0].platform",
            ["'platform' is not known. Found a full-width ｊ in it, expected 'jd' or 'pdd'"],
            id="a wide letter",
        ),
        pytest.param(
            LAKE,
            "endpoint: ",
            "endpoint: 店：",
            "lake.yaml:2 object_store.endpoint",
            ["Found a full-width ： in it"],
            id="in a value",
        ),
        pytest.param(
            "datasets/jd_store.yaml",
            "lag_days: 1\n",
            "lag_days: 1\nworkbook: {at_most_rows: 0}\n",
            "datasets/jd_store.yaml:4 workbook.at_most_rows",
            ["is too small. Expected 1 or more"],
            id="a workbook of no rows",
        ),
        pytest.param(
            "datasets/jd_store.yaml",
            "lag_days: 1\n",
            "lag_days: 1\nworkbook: {split_by: groups}\n",
            "datasets/jd_store.yaml:4 workbook.split_by",
            ["'group'", "'none'"],
            id="a workbook that is cut by something else",
        ),
        pytest.param(
            "datasets/jd_store.yaml",
            "lag_days: 1\n",
            "lag_days: 1\nnot_ready: {deadline: 20:00}\n",
            "datasets/jd_store.yaml:4 not_ready.deadline",
            ["'deadline' is of the wrong kind", "put it in quotes"],
            id="a time without quotes",
        ),
        pytest.param(
            "datasets/jd_store.yaml",
            "lag_days: 1\n",
            'lag_days: 1\nnot_ready: {deadline: "24:00"}\n',
            "datasets/jd_store.yaml:4 not_ready.deadline",
            ['a time of day in quotes, for example "20:00"'],
            id="a time that there is not",
        ),
        pytest.param(
            SHOPS,
            "    platform: jd\n",
            "",
            "shops.yaml:2 shops[0].platform",
            ["'platform' is missing", "Add `platform: …`"],
            id="missing key",
        ),
        pytest.param(
            SHOPS,
            "id: one",
            "id: Flag Ship",
            "shops.yaml:2 shops[0].id",
            ["'id' does not fit", "lower-case letters, digits, - and _", "Fix `id`."],
            id="id with a space and capitals",
        ),
        pytest.param(
            SHOPS,
            "platform: jd",
            "platform: taobao",
            "shops.yaml:4 shops[0].platform",
            ["'platform' is not known", "'jd' or 'pdd'"],
            id="unknown platform",
        ),
        pytest.param(
            SHOPS,
            "${ONE_PASSWORD}",
            "${TWO_PASSWORD}",
            "shops.yaml:6 shops[0].password",
            ["TWO_PASSWORD is not set", "Set TWO_PASSWORD"],
            id="unset variable",
        ),
        pytest.param(
            SHOPS,
            "${ONE_PASSWORD}",
            "${NONE:-}",
            "shops.yaml:6 shops[0].password",
            ["the password is blank"],
            id="blank password by an empty default",
        ),
        pytest.param(
            SHOPS,
            "${ONE_PASSWORD}",
            '"  "',
            "shops.yaml:6 shops[0].password",
            ["the password is blank"],
            id="password of spaces",
        ),
        pytest.param(
            SHOPS,
            "[jd_store]",
            "[jd_stor]",
            "shops.yaml:7 shops[0].datasets",
            ["'one' names the dataset 'jd_stor'", "Did you mean `jd_store`?"],
            id="unknown dataset",
        ),
        pytest.param(
            SHOPS,
            "[jd_store]",
            "[jd]",
            "shops.yaml:7 shops[0].datasets",
            ["'one' names the dataset 'jd'", "Did you mean `jd_store`?"],
            id="the beginning of a name",
        ),
        pytest.param(
            SHOPS,
            "    datasets",
            "    name: 另一个\n    datasets",
            "shops.yaml:7 shops[0].name",
            ["'name' stands here a second time", "Keep one of the two."],
            id="key that stands there twice",
        ),
        pytest.param(
            SHOPS,
            "    datasets: [jd_store]\n",
            "  - {id: one, name: 另一家, platform: jd, username: two, password: x}\n",
            "shops.yaml:7 shops[1].id",
            ["two shops have the id 'one'. Found the other one on line 2"],
            id="two shops of one id",
        ),
        pytest.param(
            SHOPS,
            "    datasets: [jd_store]\n",
            "  - {id: two, name: 第一家店, platform: jd, username: two, password: x}\n",
            "shops.yaml:7 shops[1].name",
            ["two shops have the name '第一家店'. Found the other one on line 3"],
            id="two shops of one name",
        ),
        pytest.param(
            SHOPS,
            "    name: 第一家店",
            "   name: 第一家店",
            "shops.yaml:3",
            ["this is not YAML", "Check indentation and colons around this line"],
            id="wrong indentation",
        ),
        pytest.param(
            PORTALS,
            "https://passport.example.com",
            "http://passport.example.com",
            "portals.yaml:2 jd.login_url",
            ["write https://", "Fix `jd.login_url`."],
            id="plain http to a host elsewhere",
        ),
        pytest.param(
            PORTALS,
            "https://report.example.com",
            "report.example.com",
            "portals.yaml:3 jd.report_origin",
            ["write a whole address"],
            id="address without a scheme",
        ),
        pytest.param(
            PORTALS,
            "[.example.com]",
            "[https://example.com/]",
            "portals.yaml:5 jd.download_hosts",
            ["'https://example.com/' is not a host", "example.com:8443"],
            id="download host that is an address",
        ),
        pytest.param(
            PORTALS,
            "jd:\n",
            "pdd: {login_url: https://p.example.com, origin: https://p.example.com, download_hosts: [.p.cn]}\njd2:\n",
            "portals.yaml:2 jd2",
            ["'jd2' is not known", "Did you mean `jd`?"],
            id="misspelt platform",
        ),
        pytest.param(
            LAKE,
            "store.example.com:9000",
            "http://store.example.com:9000",
            "lake.yaml:2 object_store.endpoint",
            ["write host:port without http://", "`secure: false` for http"],
            id="endpoint with http",
        ),
        pytest.param(
            LAKE,
            "bucket: warehouse",
            "bucket: Ware_House",
            "lake.yaml:5 object_store.bucket",
            ["3 to 63 lower-case letters"],
            id="bucket name that no store takes",
        ),
        pytest.param(
            LAKE,
            "object_store:",
            "dremio: {url: https://dremio.example.com}\nobject_store:",
            "lake.yaml:1 dremio",
            ["username and password are needed too"],
            id="Dremio without credentials",
        ),
        pytest.param(
            SCHEDULE,
            "30 8 * * *",
            "every morning",
            "schedule.yaml:3 jobs[0].cron",
            ["'cron' does not fit", "five fields"],
            id="cron that is a sentence",
        ),
        pytest.param(
            SCHEDULE,
            "spider: jd_store",
            "spider: jd_store, command: preflight",
            "schedule.yaml:3 jobs[0]",
            ["write `spider: NAME`, or `command: preflight`: one of the two"],
            id="spider and command",
        ),
        pytest.param(
            SCHEDULE,
            "spider: jd_store",
            "command: prefligt",
            "schedule.yaml:3 jobs[0].command",
            ["Expected 'preflight'"],
            id="command that there is not",
        ),
        pytest.param(
            STORE,
            "全国可用库存",
            "时间",
            "datasets/jd_store.yaml:1",
            ["alias '时间' of '可用库存' is itself a column"],
            id="alias that is a column",
        ),
        pytest.param(
            STORE,
            "ids: [SKU]",
            "ids: [SPU]",
            "datasets/jd_store.yaml:1",
            ["ids names 'SPU', which is not under columns"],
            id="id that is no column",
        ),
        pytest.param(
            STORE,
            "required: [SKU]",
            "required: [sku]",
            "datasets/jd_store.yaml:1",
            ["required names 'sku', which is not under columns"],
            id="required column in other case",
        ),
        pytest.param(
            STORE,
            "[时间, SKU",
            "[dt, 时间, SKU",
            "datasets/jd_store.yaml:4 columns",
            ["'dt' is a name that the lake itself uses"],
            id="column with a name of the lake's own",
        ),
        pytest.param(
            STORE,
            "[时间, SKU",
            "[时间, sku, SKU",
            "datasets/jd_store.yaml:4 columns",
            ["'SKU' stands there twice"],
            id="columns that differ by case only",
        ),
        pytest.param(
            STORE,
            "[时间, SKU",
            "[时间, 单价.元, SKU",
            "datasets/jd_store.yaml:4 columns",
            ["'单价.元' would break a table"],
            id="column with a dot",
        ),
    ],
)
def test_one_mistake(folder: ConfigFolder, file: str, old: str, new: str, place: str, words: list[str]) -> None:
    folder.edit(file, old, new)
    problems = folder.problems()
    told = [problem for problem in problems if all(word in problem for word in words)]
    assert len(told) == 1, problems
    assert folder.place(told[0]) == place


@pytest.mark.parametrize(
    ("file", "text", "place", "words"),
    [
        pytest.param(SHOPS, "", "shops.yaml:1 shops", "'shops' is missing", id="empty file"),
        pytest.param(SHOPS, "shops: []\n", "shops.yaml:1 shops", "at least one entry", id="no shop at all"),
        pytest.param(SHOPS, "shops: {id: one}\n", "shops.yaml:1 shops", "a list: [one, two]", id="mapping for a list"),
        pytest.param(SHOPS, b"shops:\n  - id: \xff\xfe\n", "shops.yaml", "can't be read", id="not UTF-8"),
        pytest.param(SHOPS, "shops: [\x07]\n", "shops.yaml", "this is not text", id="control character"),
        pytest.param(SHOPS, "shops:\n  - &a\n    id: *b\n", "shops.yaml:3", "not YAML", id="alias without an anchor"),
        pytest.param(LAKE, "- 1\n", "lake.yaml:1", "keys and values", id="list for a file's mapping"),
        pytest.param(PORTALS, "{}\n", "shops.yaml:4 shops[0].platform", "no section for", id="no section"),
    ],
)
def test_one_wrong_file(folder: ConfigFolder, file: str, text: str | bytes, place: str, words: str) -> None:
    folder.write(file, text)
    (problem,) = folder.problems()
    assert words in problem
    assert folder.place(problem) == place


@pytest.mark.parametrize("name", [SHOPS, PORTALS, LAKE])
def test_missing_file(folder: ConfigFolder, name: str) -> None:
    (folder.path / name).unlink()
    (problem,) = folder.problems()
    assert problem == f"pipelines_config/{name}: this file is missing. Create it."


def test_missing_folder(folder: ConfigFolder) -> None:
    folder.path = folder.path / "nowhere"
    (problem,) = folder.problems()
    assert "this folder does not exist" in problem
    assert "Fix SHOPDATA_CONFIG_DIR" in problem


def test_a_dataset_of_the_other_platform(folder: ConfigFolder) -> None:
    folder.write("datasets/pdd_chat.yaml", "title: 聊天\nplatform: pdd\nlag_days: 1\ncolumns: [内容]\n")
    folder.edit(SHOPS, "[jd_store]", "[jd_store, pdd_chat]")
    (problem,) = folder.problems()
    assert folder.place(problem) == "shops.yaml:7 shops[0].datasets"
    assert "shop 'one' is on 'jd', but 'pdd_chat' is a dataset of 'pdd'" in problem
    assert "Take 'pdd_chat' out" in problem


def test_mistakes_in_several_files_are_told_at_once(folder: ConfigFolder) -> None:
    folder.edit(SHOPS, "id: one", "id: ONE")
    folder.edit(SHOPS, "platform: jd", "platfrom: jd")
    folder.edit(PORTALS, "https://report.example.com", "ftp://report.example.com")
    folder.edit(LAKE, "${S3_SECRET}", "${NOT_SET}")
    folder.edit(SCHEDULE, "30 8 * * *", "8:30")
    folder.edit(STORE, "lag_days: 1", "lag_days: -1")
    assert {folder.place(problem) for problem in folder.problems()} >= {
        "shops.yaml:2 shops[0].id",
        "shops.yaml:2 shops[0].platform",
        "shops.yaml:4 shops[0].platfrom",
        "portals.yaml:3 jd.report_origin",
        "lake.yaml:4 object_store.secret_key",
        "schedule.yaml:3 jobs[0].cron",
        "datasets/jd_store.yaml:3 lag_days",
    }


@pytest.mark.parametrize(
    "password",
    [
        pytest.param(f"[{SECRET}]", id="a list"),
        pytest.param(f"{{value: {SECRET}}}", id="a mapping"),
        pytest.param("20260301", id="a number"),
        pytest.param("", id="nothing"),
        pytest.param(f"%{SECRET}", id="it begins with a per cent sign"),
        pytest.param(f'"{SECRET}', id="a quote that is not closed"),
        pytest.param(f"@{SECRET}", id="it begins with an at sign"),
        pytest.param(f"a: {SECRET}: b", id="colons"),
    ],
)
def test_a_password_that_is_no_text_stays_secret(folder: ConfigFolder, password: str) -> None:
    folder.edit(SHOPS, "${ONE_PASSWORD}", password)
    assert folder.problems()  # which looks for the secret in every sentence
