"""Wrong arguments or configuration: one sentence, exit code 2, and no request (docs/reference.md#exit-codes)."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from workplace import Workplace

pytestmark = pytest.mark.services


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        pytest.param(["jd_store", "-a", "date=2099-01-01"], "is not over yet", id="a day to come"),
        pytest.param(["jd_store", "-a", "dat=2026-03-01"], "Did you mean `-a date=…`?", id="misspelt argument"),
        pytest.param(["jd_store", "-a", "start=2026-03-01"], "a range needs end too", id="start without end"),
        pytest.param(["jd_store", "-a", "shops=sandbox-1"], "Did you mean 'sandbox-01'?", id="misspelt shop"),
        pytest.param(["jd_store", "--date=2026-03-01"], "write `-a date=YYYY-MM-DD`", id="an option of other commands"),
        pytest.param(
            ["jd_stock"],
            "there is no spider 'jd_stock', and no dataset. Expected one of: jd_ad_effect, jd_manage_pro, jd_store",
            id="misspelt spider",
        ),
    ],
)
def test_crawl_arguments(place: Workplace, arguments: list[str], sentence: str) -> None:
    run = place.scrapy("crawl", *arguments)
    assert run.code == 2
    assert sentence in run.err
    assert "Traceback" not in run.text
    assert place.sandbox.records() == []


@pytest.mark.parametrize(
    ("break_it", "variables", "sentence"),
    [
        pytest.param(
            lambda place: place.edit("shops.yaml", lambda shops: shops["shops"][0].update(usernam="x")),
            {},
            "Did you mean `username`?",
            id="misspelt key",
        ),
        pytest.param(
            lambda place: None,
            {"SANDBOX_02_PASSWORD": None},
            "the environment variable SANDBOX_02_PASSWORD is not set",
            id="unset variable",
        ),
        pytest.param(
            lambda place: (place.config_dir / "portals.yaml").unlink(),
            {},
            "pipelines_config/portals.yaml: this file is missing",
            id="missing file",
        ),
        pytest.param(
            lambda place: None,
            {"SHOPDATA_DATABASE_URL": "nonsense://nowhere"},
            "SHOPDATA_DATABASE_URL",
            id="database that there is not",
        ),
        pytest.param(
            lambda place: None,
            {"SHOPDATA_DATABASE_URL": "postgresql+psycopg://u:p@127.0.0.1:9/x"},
            "SHOPDATA_SECRET_KEY: no key is set",
            id="shared ledger without a key",
        ),
    ],
)
def test_crawl_configuration(
    place: Workplace, break_it: Callable[[Workplace], None], variables: dict[str, str | None], sentence: str
) -> None:
    break_it(place)
    run = place.crawl("date=2026-03-01", **variables)
    assert run.code == 2
    assert sentence in run.err
    assert "Traceback" not in run.text
    assert place.sandbox.records() == []


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        pytest.param(
            ["status", "--dtae", "2026-03-01"], "--dtae: this option is not known", id="status, misspelt option"
        ),
        pytest.param(["status", "--date", "tomorrow"], "--date: this is not a date", id="status, no day"),
        pytest.param(
            ["replay", "jd_store", "--start", "1", "--end", "2026-03-01"], "--start: this is not", id="replay"
        ),
        pytest.param(["crawl", "jd_store", "-a", "date=1"], "-a date: this is not a date", id="crawl, no day"),
        # A misspelt --channel would tell everybody.
        pytest.param(["alert_test", "--chanel", "ops"], "--chanel: this option is not known", id="alert_test"),
        pytest.param(["sessions", "sandbox-01"], "sandbox-01: this command takes options only", id="sessions"),
        pytest.param(["check_config", "--quiet"], "--quiet: this option is not known", id="check_config"),
        pytest.param(
            ["check_config", "--set=SHOPDATA_DATABASE_URL=postgresql+psycopg://u:p@127.0.0.1:9/x"],
            "SHOPDATA_SECRET_KEY: no key is set",
            id="check_config of a shared ledger",
        ),
        pytest.param(
            ["service", "start", "--set=SHOPDATA_DATABASE_URL=postgresql+psycopg://u:p@127.0.0.1:9/x"],
            "SHOPDATA_SECRET_KEY: no key is set",
            id="service with a shared ledger",
        ),
        pytest.param(["check_config", "lake.yaml"], "lake.yaml: this command takes options only", id="a file to check"),
    ],
)
def test_names_what_was_mistyped(place: Workplace, arguments: list[str], sentence: str) -> None:
    run = place.scrapy(*arguments)
    assert run.code == 2, run.text
    assert sentence in run.err
    assert "Traceback" not in run.text


def test_what_is_said_on_the_board_is_not_said_with_a_link_to_it(place: Workplace) -> None:
    run = place.scrapy("record", "jd_new", "--shop", "sandbox-01", "--board", "--as", "spider", "--lag-days", "0")
    assert run.code == 2
    assert "with --board, all else is done on the board. Found --lag-days, --as." in run.err
