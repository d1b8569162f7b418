"""`scrapy check_config`: exit code 0 and a line that says what was read, or 2 and every mistake."""

from __future__ import annotations

import pytest
from workplace import Workplace

pytestmark = pytest.mark.services


def test_a_good_one(place: Workplace) -> None:
    place.edit("shops.yaml", lambda shops: shops["shops"][1].update(enabled=False))
    run = place.scrapy("check_config")
    assert run.code == 0, run.text
    count = len(place.sandbox.shops)
    assert f"{place.config_dir}: {count - 1} of {count} shops enabled" in run.out
    assert run.err == ""


def test_all_mistakes_of_all_files_at_once(place: Workplace) -> None:
    place.edit("shops.yaml", lambda shops: shops["shops"][1].update(colour="blue"))
    place.edit("portals.yaml", lambda portals: portals["jd"].update(report_origin="http://report.example.com"))
    place.edit("schedule.yaml", lambda schedule: schedule["jobs"][0].update(cron="daily"))
    run = place.scrapy("check_config", SHOPDATA_S3_SECRET_KEY=None)
    assert run.code == 2
    for words in (
        "shops[1].colour: the key 'colour' is not known",
        "jd.report_origin: write https://",
        "jobs[0].cron: the value of 'cron' does not fit",
        "object_store.secret_key: the environment variable SHOPDATA_S3_SECRET_KEY is not set",
    ):
        assert words in run.err
    assert "Traceback" not in run.text
    assert not any(place.sandbox.password(shop.id) in run.text for shop in place.sandbox.shops)


def test_a_job_without_a_spider(place: Workplace) -> None:
    place.edit("schedule.yaml", lambda schedule: schedule["jobs"][0].update(spider="jd_stor"))
    run = place.scrapy("check_config")
    assert run.code == 2
    assert run.err.splitlines() == [
        "schedule.yaml jobs[0].spider: there is no spider 'jd_stor'. Did you mean `jd_store`?",
        "1 problem.",
    ]


def test_an_address_that_apprise_does_not_know(place: Workplace) -> None:
    secret = "nosuch://pa55-w0rd-that-nobody-may-see"
    (place.config_dir / "alerts.yaml").write_text(f"channels: [{{name: x, kind: apprise, url: '{secret}'}}]\n", "utf-8")
    run = place.scrapy("check_config")
    assert run.code == 2
    assert "alerts.yaml channels[0].url: apprise does not know this kind of address." in run.err
    assert secret not in run.text


def test_asks_nobody_and_writes_nothing(place: Workplace) -> None:
    assert place.scrapy("check_config").code == 0
    assert place.sandbox.records() == []
    assert not place.state_dir.exists()
