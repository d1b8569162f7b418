"""The service sends a merged workbook when its time has come, though no run ends then."""

from __future__ import annotations

import html
import secrets
from datetime import timedelta
from pathlib import Path

import pytest
import requests
import yaml
from mail_server import mail_server
from running import Running
from workplace import Workplace

from sandbox import Sandbox, SandboxOptions
from sandbox.store import SeaweedStore
from shopdata.ledger import Ledger
from shopdata.periods import today

# On loopback nobody listens in.
pytestmark = [
    pytest.mark.services,
    pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS"),
]


def test_a_workbook_is_sent_at_its_time_and_once(
    tmp_path: Path, object_store_server: SeaweedStore, project_egg: Path
) -> None:
    options = SandboxOptions(shops=1, pdd_shops=0, rows=5, report_seconds=0.3, empty_link_seconds=0.2)
    with mail_server() as box, Sandbox(options) as sandbox:
        place = Workplace(tmp_path, sandbox, object_store_server.settings(bucket=f"test-{secrets.token_hex(6)}"))
        place.sign_in("sandbox-01")
        (place.config_dir / "schedule.yaml").write_text("jobs: []\n", "utf-8")
        assert place.crawl(f"date={today() - timedelta(days=1)}").code == 0
        channel = {"name": "post", "kind": "mail", "url": "${MAIL}", "to": ["boss@example.com"]}
        alerts = {"channels": [{**channel, "workbook": {"when": "00:00"}}]}
        (place.config_dir / "alerts.yaml").write_text(yaml.safe_dump(alerts), "utf-8")
        place.variables["MAIL"] = box.url
        service = Running(place)
        service.lay(project_egg)
        try:
            started = service.command("start")
            assert started.code == 0, started.text
            service.wait_until(lambda: box.mails, "no mail came")
            service.wait_until(lambda: not service.ids("running"), "the run did not end")
            page = requests.get(f"{service.url}/board/runs?lang=zh", auth=service.auth, timeout=300).text
            assert "用邮件发合并表" in html.unescape(page)
            with Ledger.at(place.state_dir) as ledger:
                (run,) = [run for run in ledger.runs() if run.spider == "mail"]
            assert (run.outcome, run.exit_code, run.counts) == ("complete", 0, {"sent": 1, "failed": 0, "held": 0})
            assert len(box.mails) == 1
        finally:
            service.end()
            place.close()
