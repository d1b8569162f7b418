"""`scrapy doctor` as a person and a program see it: what it prints, saves and leaves alone."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from pydantic import SecretStr
from workplace import Run, Workplace

from sandbox import Record, Sandbox, SandboxOptions
from shopdata.config import ObjectStoreSettings

pytestmark = pytest.mark.browser

JD, PDD = "sandbox-01", "pdd-01"
CHANGES = ("jd_rows_moved", "pdd_reviews_moved", "pdd_dead_answer", "jd_home_moved")
NOBODY = ObjectStoreSettings(
    endpoint="127.0.0.1:9", secure=False, access_key="nobody", secret_key=SecretStr("nothing"), bucket="nowhere"
)
OPTIONS: dict[str, Any] = {"shops": 1, "pdd_shops": 1, "rows": 5, "conversations": 2, "report_seconds": 0.1}


@dataclass
class Story:
    place: Workplace
    runs: dict[str, Run]
    #: What was asked of the portal meanwhile.
    records: dict[str, list[Record]]
    cookies: list[str]
    saved: Path


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    folder = tmp_path_factory.mktemp("doctor")
    with Sandbox(SandboxOptions(changes=CHANGES, **OPTIONS)) as sandbox:
        place = Workplace(folder, sandbox, NOBODY)
        runs: dict[str, Run] = {}
        records: dict[str, list[Record]] = {}

        def attempt(name: str, *arguments: str, **variables: str | None) -> None:
            sandbox.clear_records()
            runs[name] = place.scrapy("doctor", *arguments, **variables)
            records[name] = sandbox.records()

        place.sign_in(JD, PDD)
        store = json.dumps([json.loads(path.read_text()) for path in sorted(folder.glob("state/sessions/*.session"))])
        attempt("changed", "--json", "--save", str(folder / "saved"))
        attempt("wrong", "--shop", "nobody")
        sandbox.expire_sessions(JD)
        attempt("dead", "--shop", JD, "--order", SHOPDATA_LANGUAGE="zh")
        place.close()
        yield Story(place, runs, records, cookies_in(store), folder / "saved")


def cookies_in(store: str) -> list[str]:
    """All texts of a saved session that are long enough to be secrets."""

    def texts(value: Any) -> Iterator[str]:
        if isinstance(value, dict):
            for name, part in value.items():
                if name == "value" and isinstance(part, str):
                    yield part
                yield from texts(part)
        elif isinstance(value, list):
            for part in value:
                yield from texts(part)

    return [text for text in texts(json.loads(store)) if len(text) > 15]


def differing(run: Run) -> dict[tuple[str, str], dict[str, Any]]:
    told = json.loads(run.out)
    return {
        (one["probe"], one["subject"] or ""): one
        for shop in told["shops"]
        for one in shop["findings"]
        if one["verdict"] == "differs"
    }


def test_a_program_reads_what_differs_and_where_to_change_it(story: Story) -> None:
    run = story.runs["changed"]
    assert run.code == 1, run.text
    odd = differing(run)
    keys = {key["key"] for one in odd.values() for key in one["keys"]}
    assert {"steps[0].find.rows", "steps[0].pages.rows", "pdd.dead_session", "jd.home_path"} <= keys
    rows = odd["D8", "jd_store"]
    assert rows["keys"] == [{"file": "recipes/jd_store.yaml", "key": "steps[0].find.rows", "value": "$.content.list"}]
    assert (story.saved / "jd_sandbox-01" / rows["fixture"]).is_file()


def test_nothing_is_ordered_where_nobody_can_be_asked(story: Story) -> None:
    assert [record for record in story.records["changed"] if record.call in ("create", "sign_in")] == []


def test_what_is_saved_holds_nothing_personal(story: Story) -> None:
    files = sorted(story.saved.glob("*/D*.json"))
    assert len(files) > 8
    text = "".join(path.read_text("utf-8") for path in files)
    shops = [shop for shop in story.place.sandbox.shops if shop.id in (JD, PDD)]
    secrets = [*story.cookies, *(shop.name for shop in shops), *(shop.username for shop in shops)]
    assert story.cookies
    for secret in secrets:
        assert secret not in text
        assert quote(secret, safe="") not in text
        assert base64.b64encode(secret.encode()).decode() not in text
    # What buyers wrote, and what they are called.
    reviews = story.place.sandbox.truth(PDD, _yesterday(), dataset="pdd_badscore").rows
    for row in reviews[:20]:
        for value in row:
            assert not (isinstance(value, str) and len(value) > 8 and value in text), value


def _yesterday() -> Any:
    from datetime import timedelta

    from shopdata.periods import today

    return today() - timedelta(days=1)


def test_a_stand_in_gives_what_was_saved(story: Story, tmp_path: Path) -> None:
    with Sandbox(SandboxOptions(recordings=story.saved, **OPTIONS)) as sandbox:
        place = Workplace(tmp_path, sandbox, NOBODY)
        place.sign_in(JD, PDD)
        run = place.scrapy("doctor", "--json", "--no-order")
        place.close()
    assert run.code == 1, run.text
    before, again = differing(story.runs["changed"]), differing(run)
    # Files are not kept: links lead where they have led.
    told = {place: (one["fact"], one["keys"]) for place, one in again.items() if one["fact"] != "download_host"}
    assert told == {place: (one["fact"], one["keys"]) for place, one in before.items()}


def test_a_dead_session_ends_it(story: Story) -> None:
    run = story.runs["dead"]
    assert run.code == 1
    assert f"scrapy login {JD}" in run.out
    assert "会话已经失效" in run.out
    with_session = [one for one in story.records["dead"] if one.call == "list" and one.shop_id == JD]
    assert len(with_session) == 1
    assert [one for one in story.records["dead"] if one.call == "create"] == []


def test_wrong_names_are_refused_before_anybody_is_asked(story: Story) -> None:
    assert story.runs["wrong"].code == 2
    assert "nobody" in story.runs["wrong"].err
    assert story.records["wrong"] == []
