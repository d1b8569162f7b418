"""What `scrapy check_config` says about the network, and what no command begins with."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from company_network import make_authority
from workplace import Workplace

pytestmark = pytest.mark.services


def test_what_was_found_of_the_network(place: Workplace, tmp_path: Path) -> None:
    place.edit("portals.yaml", lambda portals: portals["jd"].update(report_origin="https://report.corp.test"))
    place.edit("lake.yaml", lambda lake: lake["dremio"].update(url="https://dremio.in.test:9047"))
    ca_file = make_authority(tmp_path).ca_file
    run = place.scrapy(
        "check_config",
        HTTPS_PROXY="http://us%20er:pw-of-the-proxy@proxy.corp.test:3128",
        no_proxy=".in.test,10.0.0.0/8",
        SSL_CERT_FILE=str(ca_file),
        SHOPDATA_DREMIO_USERNAME="u",
        SHOPDATA_DREMIO_PASSWORD="p",
    )
    assert run.code == 0, run.text
    told = [line.removeprefix("network: ") for line in run.out.splitlines() if line.startswith("network: ")]
    assert told[0] == "https by http://proxy.corp.test:3128 with user name and password (HTTPS_PROXY)"
    assert told[1:3] == ["http without a proxy", "without a proxy: this machine, .in.test, 10.0.0.0/8"]
    assert told[3] == "by proxy: report.corp.test"
    assert told[4].startswith("straight: 127.0.0.1:")
    assert told[4].endswith("127.0.0.1:9, dremio.in.test:9047")
    assert told[5] == f"authorities of SSL_CERT_FILE: {ca_file}"
    assert re.fullmatch(r"[1-9]\d* authorit(y|ies) on no public list", told[6])
    assert "pw-of-the-proxy" not in run.text


def test_no_proxy_at_all(place: Workplace) -> None:
    assert "network: no proxy\n" in place.scrapy("check_config").out


@pytest.mark.parametrize(
    "command", [["check_config"], ["crawl", "jd_store"], ["verify", "jd_store", "--date", "2026-03-01"]]
)
def test_a_proxy_that_we_cannot_use_is_refused_at_the_start(command: list[str], place: Workplace) -> None:
    run = place.scrapy(
        *command, HTTPS_PROXY="socks5://user:pw-of-the-proxy@proxy.corp.test:1080", http_proxy="proxy:80"
    )
    assert run.code == 2
    assert "environment variable HTTPS_PROXY: unsupported proxy. Found a socks5 proxy" in run.err
    assert "environment variable http_proxy: unsupported proxy. Found no scheme" in run.err
    assert "pw-of-the-proxy" not in run.text
    assert "Traceback" not in run.text
    assert place.sandbox.records() == []
