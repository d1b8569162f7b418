"""Which days are shown, what begins and ends a take, and that nothing is kept of one that was not meant."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from kept_journals import dialects

from shopdata.config import platforms
from shopdata.recording.journal import Download, read_journal
from shopdata.recording.saving import Recording
from shopdata.recording.sentinels import sentinel_days
from shopdata.recording.showing import home_address, is_login_page

DAY, OTHER = date(2026, 11, 21), date(2026, 11, 14)


def test_three_days_look_like_nothing_else_whenever_it_is() -> None:
    for number in range(366 * 2):
        today = date(2026, 1, 1) + timedelta(days=number)
        days = sentinel_days(3, today=today)
        assert len({day.day for day in days}) == len({day.isocalendar()[:2] for day in days}) == 3, today
        for day in days:
            assert day.day > 12, today
            assert timedelta(days=4) <= today - day <= timedelta(days=50), today
            assert (day + timedelta(days=1)).day != 1, today


def test_a_take_that_was_not_meant_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    recording = Recording(path, [DAY, OTHER], [], [], dialects("pdd_badscore"))
    for day, file in ((DAY, "csv"), (OTHER, "xls")):
        recording.begin(day)
        recording.note(Download(1, "blob:x", file))
    recording.forget_take()
    recording.begin(OTHER)
    recording.note(Download(2, "blob:y", "xlsx"))
    for takes in (recording.journal.takes, read_journal(recording.path).takes):
        assert [(take.day, [one.file for one in take.downloads]) for take in takes] == [
            (DAY, ["csv"]), (OTHER, ["xlsx"]),
        ]  # fmt: skip


@pytest.mark.parametrize(
    ("platform", "section", "home"),
    [
        ("pdd", {"login_url": "https://mms.example/login/", "origin": "https://mms.example"}, "https://mms.example/home"),
        (
            "jd",
            {
                "login_url": "https://passport.example/login/index.action", "report_origin": "https://r.example",
                "gateway_origin": "https://g.example",
            },
            "https://shop.jd.com/jdm/home",
        ),
    ],
)  # fmt: skip
def test_a_take_begins_at_the_back_offices_own_first_page(platform: str, section: dict[str, str], home: str) -> None:
    portal = platforms()[platform].load_portal().model_validate({**section, "download_hosts": [".example"]})
    assert home_address(portal) == home
    assert is_login_page(portal, f"{section['login_url'].rstrip('/')}?back=x")
    assert not is_login_page(portal, home)
