"""What the clock notes of a slot, as the board tells it."""

from __future__ import annotations

import re
from datetime import datetime

import pytest

from shopdata.config import Job
from shopdata.periods import SHANGHAI
from shopdata.service.board.notes import slot_words
from shopdata.service.due import Busy, decide
from shopdata.wording import Texts


def job(**keys: str) -> Job:
    return Job(name="daily", spider="jd_store", cron="30 8 * * *", **keys)


@pytest.mark.parametrize(
    ("entry", "now", "busy", "chinese"),
    [
        pytest.param(job(), "02 11:42", Busy(), "补跑，晚了 3 小时 12 分钟", id="caught up"),
        pytest.param(job(misfire="skip"), "02 11:30", Busy(), "错过 3 小时；此任务设为错过即跳过", id="skipped"),
        pytest.param(job(max_late="2h"), "02 11:30", Busy(), "错过 3 小时，超过了它的 max_late（2h）", id="too late"),
        pytest.param(job(), "02 08:30", Busy(waiting="r-1"), "同一任务的运行 r-1 还在排队", id="waits"),
        pytest.param(job(overlap="skip"), "02 08:30", Busy(running="r-1"), "运行 r-1 还没结束；此任务", id="overlap"),
        pytest.param(
            job(), "02 09:30", Busy(running="r-1"), "补跑，晚了 1 小时；等运行 r-1 结束后开始", id="two notes"
        ),
        pytest.param(job(), "30 08:30", Busy(), "错过，由后一次代替；在它之前还有 9 次", id="many"),
    ],
)
def test_what_became_of_a_slot(entry: Job, now: str, busy: Busy, chinese: str) -> None:
    """Every sentence of the clock; a new one must not come through in English."""
    since, moment = (datetime.fromisoformat(f"2026-03-{day}").replace(tzinfo=SHANGHAI) for day in ("01 08:30", now))
    verdict = next(verdict for verdict in decide(entry, since, moment, busy) if verdict.reasons)
    shown = slot_words(Texts("zh"), verdict.reasons)
    assert chinese in shown
    assert not re.search(r"missed|stands|late\b(?<!max_late)|still|begins|before", shown)
    assert not re.search(r"[一-鿿]", slot_words(Texts("en"), verdict.reasons))
    assert not re.search(r"[一-鿿]", verdict.note)
