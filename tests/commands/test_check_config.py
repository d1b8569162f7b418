"""`scrapy check_config`: exit code 0 and a line that says what was read, or 2 and every mistake."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from workplace import Workplace

from sandbox import Sandbox
from shopdata.config import load_config
from shopdata.exceptions import ConfigError

pytestmark = pytest.mark.services


def test_a_good_one(place: Workplace) -> None:
    place.edit("shops.yaml", lambda shops: shops["shops"][1].update(enabled=False))
    run = place.scrapy("check_config")
    assert run.code == 0, run.text
    count = len(place.sandbox.shops)
    assert f"{place.config_dir}: {count - 1} of {count} shops enabled" in run.out
    assert run.err == ""


def test_a_schedule_of_before_there_was_a_preflight(place: Workplace) -> None:
    def enter(file: dict[str, list[dict[str, object]]]) -> None:
        job = {"name": "preflight", "command": "preflight", "cron": "40 7 * * *", "enabled": False}
        file["jobs"].append(job)

    said = place.scrapy("check_config")
    assert (said.code, '- {name: preflight, command: preflight, cron: "40 7 * * *"' in said.out) == (0, True), said.text
    place.edit("schedule.yaml", enter)
    said = place.scrapy("check_config")
    assert (said.code, "preflight" in said.text) == (0, False), said.text


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


def test_a_job_that_can_not_run(place: Workplace) -> None:
    wrong = {"spider": "jd_stor", "args": {"data": "2026-03-01"}}
    place.edit("schedule.yaml", lambda schedule: schedule["jobs"][0].update(wrong))
    run = place.scrapy("check_config")
    assert run.code == 2
    spiders = ", ".join(place.scrapy("list").out.split())
    assert run.err.splitlines() == [
        f"schedule.yaml jobs[0].spider: there is no spider 'jd_stor', and no dataset. Expected one of: {spiders}. "
        "Did you mean `jd_store`?",
        "schedule.yaml jobs[0].args: spider 'jd_stor' has no argument 'data'. Expected date, start, end, periods, due, "
        "shops, force, period. Did you mean `-a date=…`?",
        "2 problems.",
    ]


def test_a_command_that_can_not_run(place: Workplace) -> None:
    jobs = [
        {"name": "as-spider", "spider": "preflight"},
        {"name": "with-day", "command": "preflight", "args": {"date": "2026-03-01"}},
        {"name": "of-nobody", "command": "preflight", "args": {"shops": "sandbox-1"}},
        {"name": "well", "command": "preflight", "args": {"shops": "sandbox-01,pdd-02"}},
    ]
    place.edit("schedule.yaml", lambda file: file.update(jobs=[{"cron": "0 7 * * *", **job} for job in jobs]))
    run = place.scrapy("check_config")
    assert run.code == 2
    assert run.err.splitlines() == [
        "schedule.yaml jobs[0].spider: 'preflight' is a command, and no spider. Write `command: preflight`.",
        "schedule.yaml jobs[1].args: 'preflight' has no argument 'date'. Expected shops. Leave it out, or run a spider "
        "with it.",
        "schedule.yaml jobs[2].args: there is no enabled shop 'sandbox-1'. Did you mean 'sandbox-01'?",
        "3 problems.",
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


@pytest.mark.parametrize(
    ("name", "value", "where", "what"),
    [
        ("SHOPDATA_S3_SECRET_KEY", "pa55w0rd\n", "lake.yaml", "ends with a line end (U+000A)"),
        ("SHOPDATA_S3_ENDPOINT", "127.0.0.1:9\u3000", "lake.yaml", "ends with a full-width blank (U+3000)"),
        ("SHOPDATA_S3_ACCESS_KEY", "\ufeffpa55w0rd", "lake.yaml", "begins with a byte order mark (U+FEFF)"),
        ("SANDBOX_01_PASSWORD", "pa55w0rd\u200b", "shops.yaml", "ends with a zero-width space (U+200B)"),
        ("SANDBOX_01_USERNAME", " pa55w0rd", "shops.yaml", "begins with a blank (U+0020)"),
        ("SANDBOX_02_USERNAME", "pa55\x07w0rd", "shops.yaml", "holds a control character (U+0007)"),
        ("SHOPDATA_SECRET_KEY", "pa55w0rd\r", "the environment", "ends with a line end (U+000D)"),
        ("SHOPDATA_DATABASE_URL", "sqlite:///pa55w0rd\u00a0", "the environment", "ends with a no-break space (U+00A0)"),
        ("SHOPDATA_STATE_DIR", "pa55w0rd ", "the environment", "ends with a blank (U+0020)"),
        ("SHOPDATA_SERVICE_PASSWORD", "pa55w0rd\t", "the environment", "ends with a tab (U+0009)"),
        ("SHOPDATA_CONFIG_DIR", "pa55w0rd\n", "the environment", "ends with a line end (U+000A)"),
    ],
    ids=lambda value: value if isinstance(value, str) and value.isupper() else "",
)  # fmt: skip
def test_what_came_along_unseen_with_a_value(
    portals: Sandbox, tmp_path: Path, name: str, value: str, where: str, what: str
) -> None:
    """Read in this process: what `check_config` and every run read."""
    folder = portals.write_config(tmp_path / "pipelines_config")
    store = {f"SHOPDATA_S3_{key}": "127.0.0.1:9" for key in ("ENDPOINT", "ACCESS_KEY", "SECRET_KEY")}
    environ = {**portals.environment(), **store, "SHOPDATA_CONFIG_DIR": str(folder)}
    load_config(folder, environ)
    with pytest.raises(ConfigError) as caught:
        load_config(folder, environ | {name: value})
    (problem,) = caught.value.problems
    assert where in problem.where
    assert f"the environment variable {name} {what}" in problem.what
    assert "w0rd" not in str(problem)


def test_in_the_middle_of_a_value_too(place: Workplace) -> None:
    place.edit("portals.yaml", lambda portals: portals["jd"].update(login_url="http://127.0.0.1:${PORT}/login"))
    run = place.scrapy("check_config", PORT="80\n", SHOPDATA_S3_SECRET_KEY="pa55w0rd\n")
    assert run.code == 2
    assert "jd.login_url: the value of the environment variable PORT ends with a line end" in run.err
    assert "object_store.secret_key: the value of the environment variable SHOPDATA_S3_SECRET_KEY ends" in run.err
    assert run.err.endswith("2 problems.\n")
    assert "pa55" not in run.text


@pytest.mark.parametrize("command", [["status"], ["login", "sandbox-01"]])
def test_every_command_refuses_such_a_value(place: Workplace, command: list[str]) -> None:
    run = place.scrapy(*command, SHOPDATA_SECRET_KEY="pa55w0rd\n")
    assert run.code == 2
    assert "the environment variable SHOPDATA_SECRET_KEY ends with a line end (U+000A)" in run.err
    assert "Traceback" not in run.text
    assert "pa55" not in run.text


def test_lines_of_env_that_not_all_read_alike(place: Workplace) -> None:
    env_file = place.folder / ".env"
    env_file.write_text("ONE=same\nTWO='pa55 # w0rd'  # note\nSHOPDATA_SECRET_KEY=other\n", "utf-8")
    env_file.chmod(0o644)
    run = place.scrapy("check_config", SHOPDATA_SECRET_KEY="this one")
    assert run.code == 2
    assert run.err.splitlines() == [
        ".env:2: a remark stands behind the value. Give it a line of its own.",
        *([".env can be read by others on this machine: `chmod 600 .env`."] if os.name == "posix" else []),
        "SHOPDATA_SECRET_KEY: .env has another value than this shell; the service takes what the shell has.",
        "ONE: in .env, and not in this shell. `set -a; . ./.env; set +a` brings it into this shell; `scrapy service` "
        "reads it by itself.",
        "1 problem.",
    ]
    run = place.scrapy("service", "start")
    assert run.code == 2
    assert ".env:2: a remark stands behind the value" in run.err
    assert not (place.state_dir / "service").exists()


def test_the_service_takes_what_env_says(place: Workplace) -> None:
    env_file = place.folder / ".env"
    env_file.write_text("SHOPDATA_SERVICE_PORT=none\n", "utf-8")
    env_file.chmod(0o600)
    run = place.scrapy("service", "status")
    assert run.code == 2
    assert run.err.startswith("SHOPDATA_SERVICE_PORT: invalid port. Found 'none'")
    assert place.scrapy("service", "status", SHOPDATA_SERVICE_PORT="6801").code == 1, "what is set already stays"


class TestOneUserNameForTwoShops:
    """A hint: a login may open several shops, and mostly it is a slip."""

    @staticmethod
    def same_account(place: Workplace, *, platform: str = "jd", **more: Any) -> str:
        def change(file: dict[str, Any]) -> None:
            first, second = [shop for shop in file["shops"] if shop["platform"] == platform][:2]
            second.update(username=first["username"], **more)

        place.edit("shops.yaml", change)
        run = place.scrapy("check_config")
        assert run.code == 0, run.text
        return run.err

    def test_is_hinted_at(self, place: Workplace) -> None:
        said = self.same_account(place)
        assert said.startswith("pipelines_config/shops.yaml:")
        assert " shops[1].username: one user name for several shops. Found sandbox-01, sandbox-02." in said
        assert "its own `portal_shop`" in said
        assert "sandbox-jd-01" not in said

    def test_is_right_where_each_says_which_it_is(self, place: Workplace) -> None:
        def change(file: dict[str, Any]) -> None:
            for shop in file["shops"]:
                shop["portal_shop"] = shop["name"]

        place.edit("shops.yaml", change)
        assert self.same_account(place) == ""

    def test_does_not_matter_where_one_is_switched_off(self, place: Workplace) -> None:
        assert self.same_account(place, enabled=False) == ""


def test_one_thing_that_does_not_answer_is_exit_code_1(place: Workplace) -> None:
    run = place.scrapy("check_config", "--connect", SHOPDATA_BROWSER_PATH=str(place.config_dir / "none"))
    assert run.code == 1, run.text
    (line,) = [line for line in run.out.splitlines() if "there is no browser at this path" in line]
    assert line.startswith("✗")
