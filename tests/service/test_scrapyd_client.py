"""Every verb of scrapyd-client with the `scrapy.cfg` that we ship, which holds no password."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import scrapyd_client.__main__ as client
from scrapyd_client.pyclient import ScrapydClient
from tiny_service import PASSWORD, REPO, USER, TinyService, tiny_egg

pytestmark = pytest.mark.services

Verb = Callable[..., str]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TinyService]:
    service = TinyService(tmp_path_factory.mktemp("scrapyd-client"))
    service.start()
    try:
        yield service
    finally:
        service.stop()


@pytest.fixture
def verb(
    service: TinyService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Verb:
    """`scrapyd-client …` in a project that has our scrapy.cfg; the service is on another port than there."""
    shipped = (REPO / "scrapy.cfg").read_text("utf-8")
    (tmp_path / "scrapy.cfg").write_text(shipped.replace(":6800", f":{service.port}"), "utf-8")
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith(("SHOPDATA_", "SCRAPY_", "XDG_CONFIG"))]:
        monkeypatch.delenv(name)
    # Where a .netrc would be.
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))

    def run(*arguments: str, code: int = 0) -> str:
        monkeypatch.setattr("sys.argv", ["scrapyd-client", *arguments])
        with pytest.raises(SystemExit) as ended:
            client.main()
        text = "".join(capsys.readouterr())
        assert ended.value.code == code, text
        assert PASSWORD not in text
        return text

    return run


@pytest.fixture
def environment(verb: Verb, monkeypatch: pytest.MonkeyPatch) -> None:
    """User name and password as `.env` has them for the service itself."""
    monkeypatch.setenv("SHOPDATA_SERVICE_USERNAME", USER)
    monkeypatch.setenv("SHOPDATA_SERVICE_PASSWORD", PASSWORD)


@pytest.mark.usefixtures("environment")
def test_every_verb(service: TinyService, verb: Verb, tmp_path: Path) -> None:
    (tmp_path / "tiny.egg").write_bytes(tiny_egg())
    said = verb("deploy", "--egg", "tiny.egg", "--version", "1")
    assert json.loads(said.splitlines()[0])["status"] == "ok"
    assert verb("projects") == "shopdata\n"
    assert verb("spiders", "-p", "shopdata") == "shopdata:\n  jd_store\n"
    assert verb("spiders", "-p", "shop*", "-v") == "shopdata jd_store\n"
    said = verb("schedule", "-p", "shopdata", "jd_*", "--arg", "date=2026-03-01", "--arg", "jobid=a-run")
    assert said == "shopdata / jd_store => a-run\n"
    assert [line.split() for line in verb("targets").splitlines()] == [
        [name, f"http://127.0.0.1:{service.port}"] for name in ("default", "netrc")
    ]

    api = ScrapydClient(f"http://127.0.0.1:{service.port}", USER, PASSWORD)
    assert api.versions("shopdata") == ["1"]
    assert api.status("a-run", "shopdata")["currstate"] in ("pending", "running", "finished")
    assert "a-run" in {job["id"] for state in ("pending", "running", "finished") for job in api.jobs("shopdata")[state]}
    assert api.daemonstatus()["status"] == "ok"
    assert api.cancel("shopdata", "a-run")["prevstate"] in ("pending", "running", None)
    assert api.delversion("shopdata", "1")["status"] == "ok"
    service.deploy(tiny_egg(), "8", project="another")
    assert api.delproject("another")["status"] == "ok"


def test_user_name_and_password_from_a_netrc(verb: Verb, tmp_path: Path) -> None:
    netrc = tmp_path / ".netrc"
    netrc.write_text(f"machine 127.0.0.1 login {USER} password {PASSWORD}\n", "utf-8")
    netrc.chmod(0o600)
    (tmp_path / "tiny.egg").write_bytes(tiny_egg())
    assert '"status": "ok"' in verb("deploy", "netrc", "--egg", "tiny.egg")
    assert verb("projects", "-t", "netrc") == "shopdata\n"


def test_where_there_is_none_it_says_so(verb: Verb, tmp_path: Path) -> None:
    assert "Sign in with user name and password" in verb("projects", "-t", "netrc", code=1)
    # scrapyd-client sends the name of the variable.
    assert "User name or password is wrong" in verb("projects", code=1)
    (tmp_path / "tiny.egg").write_bytes(tiny_egg())
    assert "Deploy failed (401)" in verb("deploy", "--egg", "tiny.egg", code=1)


def test_no_password_stands_in_the_file() -> None:
    lines = [line.partition("=") for line in (REPO / "scrapy.cfg").read_text("utf-8").splitlines()]
    values = {name.strip(): value.strip() for name, sign, value in lines if sign}
    assert not values["url"].endswith("/")
    assert values["password"] in ("", "${SHOPDATA_SERVICE_PASSWORD}")
