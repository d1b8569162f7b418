"""Secrets that stand in a file, and accounts that two shops share, each where it stands."""

from __future__ import annotations

import pytest
from config_folder import ENVIRON, SECRET, ConfigFolder

from shopdata.config import SecondLook, look_again


def look(folder: ConfigFolder, monkeypatch: pytest.MonkeyPatch, **variables: str) -> SecondLook:
    for name, value in {**ENVIRON, **variables, "SHOPDATA_CONFIG_DIR": str(folder.path)}.items():
        monkeypatch.setenv(name, value)
    found = look_again(folder.load(**variables))
    assert SECRET not in "".join(map(str, found.problems + found.hints))
    return found


def test_nothing_to_say(folder: ConfigFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    assert look(folder, monkeypatch) == SecondLook()


@pytest.mark.parametrize("text", [SECRET, f"'{SECRET}'", f"${{UNSET:-{SECRET}}}"])
def test_a_password_in_the_file(folder: ConfigFolder, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    folder.edit("shops.yaml", "${ONE_PASSWORD}", text)
    (problem,) = look(folder, monkeypatch).problems
    assert problem.where == "pipelines_config/shops.yaml:6 shops[0].password"
    assert "the password itself stands in the file" in problem.what
    assert ".env" in problem.todo


def test_a_password_of_digits(folder: ConfigFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.edit("shops.yaml", "${ONE_PASSWORD}", "20260301")
    monkeypatch.setenv("SHOPDATA_CONFIG_DIR", str(folder.path))
    (problem,) = look_again(None).problems
    assert problem.where == "pipelines_config/shops.yaml:6 shops[0].password"


def test_other_secrets_are_hinted_at(folder: ConfigFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.edit("lake.yaml", "${S3_SECRET}", SECRET)
    folder.write(
        "alerts.yaml",
        f"channels:\n  - {{name: a, kind: wecom, url: 'https://x.example/{SECRET}?key=1'}}\n"
        "  - {name: b, kind: feishu, url: '${URL:-}', secret: '${URL:-}'}\n",
    )
    found = look(folder, monkeypatch)
    assert found.problems == []
    assert [hint.where for hint in found.hints] == [
        "pipelines_config/lake.yaml:4 object_store.secret_key",
        "pipelines_config/alerts.yaml:2 channels[0].url",
    ]


def test_one_user_name_in_another_spelling(folder: ConfigFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.edit(
        "shops.yaml",
        "    datasets: [jd_store]\n",
        "  - {id: two, name: 二店, platform: jd, username: ONE@example.com, password: '${ONE_PASSWORD}'}\n",
    )
    (hint,) = look(folder, monkeypatch).hints
    assert str(hint).startswith(
        "pipelines_config/shops.yaml:7 shops[1].username: one user name for several shops. Found one, two."
    )


def test_variables_that_nobody_has_set(folder: ConfigFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOPDATA_CONFIG_DIR", str(folder.path))
    for name in ENVIRON:
        monkeypatch.delenv(name, raising=False)
    assert look_again(None).unset == ["ONE_PASSWORD", "S3_SECRET"]


def test_a_large_workbook_by_groups_that_no_shop_has(folder: ConfigFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.edit("datasets/jd_store.yaml", "lag_days: 1\n", "lag_days: 1\nworkbook: {at_most_rows: 5}\n")
    (hint,) = look(folder, monkeypatch).hints
    assert hint.where == "datasets/jd_store.yaml, workbook.split_by"
    folder.edit("shops.yaml", "    platform: jd\n", "    platform: jd\n    group: north\n")
    assert look(folder, monkeypatch).hints == []
