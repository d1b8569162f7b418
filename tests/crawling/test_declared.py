"""A spider that does not say all that it asks for is refused at import."""

from __future__ import annotations

import pytest

from shopdata.platforms.jd.report_spider import JdReportSpider


def test_what_is_not_said_is_named() -> None:
    with pytest.raises(TypeError, match=r"test_declared\.JdExampleSpider does not say its create_path"):
        type("JdExampleSpider", (JdReportSpider,), {"__module__": __name__, "name": "jd_example", "report_type": "x"})


def test_a_base_need_not_say_it() -> None:
    type("JdCostlySpider", (JdReportSpider,), {"must_declare": ("create_path", "report_type", "cost")})
