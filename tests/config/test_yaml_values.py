"""Values that YAML takes for something else: told as a mistake, never as a traceback, never with the value."""

from __future__ import annotations

import pytest
from config_folder import SECRET, ConfigFolder


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
