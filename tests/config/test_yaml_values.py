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
        pytest.param("2026-02-31", id="a day that does not exist"),
        pytest.param("!!int abc", id="a number that is none"),
        pytest.param("&x [*x]", id="a list that holds itself"),
    ],
)
def test_a_value_that_cannot_be_made(folder: ConfigFolder, value: str) -> None:
    folder.edit("shops.yaml", "one@example.com", value)
    assert folder.problems()


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
