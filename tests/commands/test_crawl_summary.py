"""What a crawl says at its end when the store can't be reached: what it did not publish, and never that all is well."""

from __future__ import annotations

from pathlib import Path

import pytest
from workplace import Workplace

pytestmark = pytest.mark.services

DAY = "2026-03-01"


def test_a_run_that_published_nothing_says_so(place: Workplace) -> None:
    place.edit("lake.yaml", lambda lake: lake["object_store"].update(max_tries=1))
    place.sign_in("sandbox-01", "sandbox-02")
    # The second has nothing left to ask, and nothing published all the same.
    for run in (place.crawl(f"date={DAY}"), place.crawl(f"date={DAY}")):
        summary = run.err.partition("Closing spider")[2]
        assert f"jd_store {DAY}: not merged: 127.0.0.1:9/nowhere: nobody listens" in summary
        assert "all was published before" not in summary
        assert run.code == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_log_on_a_full_disk_is_a_sentence_and_nothing_is_asked(place: Workplace) -> None:
    run = place.crawl(f"date={DAY}", "--logfile=/dev/full")
    assert run.err.splitlines() == [
        "/dev/full: the log can't be written. Found No space left on device. Make room there, or name another file."
    ]
    assert run.code == 2
