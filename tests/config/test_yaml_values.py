"""Values that YAML takes for something else: told as a mistake, never as a traceback, never with the value."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from config_folder import SECRET, ConfigFolder

from shopdata import settings
from shopdata.config import OWN_VARIABLES
from shopdata.config.yaml_source import read_yaml


@pytest.mark.parametrize(
    "password",
    [
        pytest.param(f"*{SECRET}", id="an alias"),
        pytest.param(f"!{SECRET}", id="a tag"),
        pytest.param(f"!{SECRET} x", id="a tag with a value"),
    ],
)
def test_a_password_that_yaml_takes_for_something_else(folder: ConfigFolder, password: str) -> None:
    # `problems` itself looks for the secret in every sentence.
    folder.edit("shops.yaml", "${ONE_PASSWORD}", password)
    assert folder.problems()


@pytest.mark.parametrize(
    "value",
    [
        pytest.param("!!int abc", id="a number that is none"),
        pytest.param("&x [*x]", id="a list that holds itself"),
    ],
)
def test_a_value_that_cannot_be_made(folder: ConfigFolder, value: str) -> None:
    folder.edit("shops.yaml", "one@example.com", value)
    assert folder.problems()


def test_a_text_that_only_looks_like_a_day_is_one(folder: ConfigFolder) -> None:
    folder.edit("shops.yaml", "one@example.com", "2026-02-31")
    assert folder.load().shops[0].username == "2026-02-31"


def test_what_people_are_shown_may_have_wide_signs(folder: ConfigFolder) -> None:
    for name in ("【官方】回力：旗舰店", "“Nike”旗舰店，二店", "［Nike］", "“Nike”", "Nike：店 ＃1"):
        text = (folder.path / "shops.yaml").read_text("utf-8")
        folder.write("shops.yaml", re.sub("    name: .*", f"    name: {name}", text))
        assert folder.load().shops[0].name == name


def test_what_stands_in_a_remark_does_not_matter(folder: ConfigFolder) -> None:
    folder.edit("shops.yaml", "platform: jd", "platform: jd  # 平台：“jd” {a：b} ，c：")
    assert folder.problems() == []


def test_every_wide_sign_is_told_and_the_rest_read_as_it_was_meant(folder: ConfigFolder) -> None:
    folder.write(
        "schedule.yaml",
        "timezone：Asia/Shanghai  # “so”\njobs:\n  - {name： jd，spider：jd_store, cron: “0 8 * * *”, colour: x}\n",
    )
    assert [problem.partition(". ")[0] for problem in folder.problems()] == [
        "pipelines_config/schedule.yaml:1: a full-width ： stands here",
        "pipelines_config/schedule.yaml:3: a full-width ： stands here",
        "pipelines_config/schedule.yaml:3 jobs[0].colour: the key 'colour' is not known",
    ]


def test_a_shops_mistake_is_told_once(folder: ConfigFolder) -> None:
    folder.edit("shops.yaml", "id: one", "id: ONE")
    assert len(folder.problems()) == 1


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ('k: "pa55w0rd\\n"', "the value ends with a line end (U+000A)"),
        ("k: |\n  pa55w0rd\n", "the value ends with a line end (U+000A)"),
        ('k: "pa55w0rd\u00a0"', "the value ends with a no-break space (U+00A0)"),
        ('k: "pa55\\u0007w0rd"', "the value holds a control character (U+0007)"),
        ('k: ["\u3000pa55w0rd"]', "the value begins with a full-width blank (U+3000)"),
        ("k: x${A}", "the value of the environment variable A ends with a blank (U+0020)"),
        ("k: ${A}x${B}", "the value of the environment variable A ends with a blank (U+0020)"),
    ],
)
def test_what_came_along_unseen(text: str, what: str) -> None:
    source = read_yaml("f/lake.yaml", text, {"A": "pa55w0rd ", "B": "well"})
    (problem,) = source.problems
    assert problem.what == what
    assert "w0rd" not in str(problem)
    assert problem.where.startswith("f/lake.yaml:1 k")


def test_names_of_columns_are_as_a_portal_writes_them() -> None:
    assert read_yaml("f/datasets/jd_store.yaml", 'required: ["库存\u00a0"]', {}).problems == []


def test_every_variable_that_is_read_is_looked_at() -> None:
    code = (Path(settings.__file__)).read_text("utf-8")
    read = set(re.findall(r'environ\.get\("(SHOPDATA_[A-Z_]+)"', code)) - {"SHOPDATA_FAILPOINT"}
    assert read | {"SHOPDATA_CONFIG_DIR"} == set(OWN_VARIABLES)
