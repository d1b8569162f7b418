"""D18: did the portal say "too often" while it was looked at."""

from __future__ import annotations

from shopdata.doctor.examination import Examination
from shopdata.doctor.findings import differs, holds


async def look_at_pace(exam: Examination) -> None:
    """Counts what was refused for its pace; asks nothing."""
    asker, pace = exam.asker, exam.portal.requests_per_second
    if asker.refused:
        told = ", ".join(f"{code} ({count})" for code, count in sorted(asker.refused.items()))
        slower = exam.key("requests_per_second", round(pace / 2, 2))
        exam.add("D18", differs("pace", "", slower, found=told, n=asker.count, pace=f"{pace:g}"))
    else:
        exam.add("D18", holds("pace", n=asker.count, pace=f"{pace:g}"))
