"""The day's workbook by mail: waited for, sent by the run that completes it, with what is masked as published."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from datetime import timedelta

import openpyxl
import pytest
import yaml
from mail_server import Mailbox, mail_server
from workplace import Workplace

from sandbox.faults import Fault
from shopdata.periods import today

# On loopback nobody listens in.
pytestmark = [
    pytest.mark.services,
    pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS"),
]
NAME, DAY = "jd_store", today() - timedelta(days=1)


@pytest.fixture
def box() -> Iterator[Mailbox]:
    with mail_server() as found:
        yield found


def test_the_run_that_completes_a_day_sends_its_workbook(
    make_workplace: Callable[..., Workplace], box: Mailbox
) -> None:
    place = make_workplace(shops=2, pdd_shops=0)
    first, second = (shop.id for shop in place.shops)
    place.sign_in(first, second)
    channel = {"name": "post", "kind": "mail", "url": "${MAIL}", "to": ["boss@example.com"], "workbook": {}}
    (place.config_dir / "alerts.yaml").write_text(yaml.safe_dump({"channels": [channel], "max_tries": 1}), "utf-8")
    place.variables["MAIL"] = box.url
    place.sandbox.set_fault(second, Fault.CREATE_REFUSED, times=1)
    assert place.crawl(f"date={DAY}").code == 1
    assert box.mails == []
    # The server is not well when the day is whole: the run is none the worse for it.
    box.instead = ["451 4.3.0 try again later"]
    run = place.crawl(f"date={DAY}")
    assert run.code == 0, run.text
    assert box.mails == []
    again = place.scrapy("mail", NAME, "--date", str(DAY))
    assert (again.code, "post" in again.out) == (0, True), again.text
    (mail,) = box.mails
    (part,) = mail.iter_attachments()
    receipt = place.receipt(str(DAY))
    with place.objects() as objects:
        assert part.get_content() == objects.get_bytes(receipt["workbook"]["key"])
    sheets = openpyxl.load_workbook(io.BytesIO(part.get_content())).sheetnames
    assert "说明" in sheets
    # What a person has sent is sent.
    told = place.scrapy("mail")
    assert (told.code, len(box.mails)) == (0, 1), told.text
    assert place.scrapy("mail", NAME).code == place.scrapy("mail", "--channel", "nobody").code == 2
    checked = place.scrapy("check_config")
    assert checked.code == 0, checked.text
    (alerts,) = (line for line in checked.text.splitlines() if line.startswith("alerts"))
    assert "nobody" not in alerts
