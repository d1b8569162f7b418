"""What a rehearsal switches off, of all that a crawl is made of."""

from __future__ import annotations

import pytest

from shopdata import crawl_settings
from shopdata.actions.rehearsal import COMPONENTS

#: Each of these neither publishes nor tells anybody but the log.
KEPT = {
    "ITEM_PIPELINES": {"shopdata.pipelines.admit.AdmitPipeline", "shopdata.pipelines.validate.ValidatePipeline"},
    "EXTENSIONS": {"shopdata.extensions.cell_leases.CellLeases", "shopdata.extensions.reasons.ReasonsLog"},
}


@pytest.mark.parametrize("setting", KEPT)
def test_all_that_publishes_or_tells_is_off(setting: str) -> None:
    ours = {path for path in getattr(crawl_settings, setting) if path.startswith("shopdata.")}
    off = {path for path, place in COMPONENTS[setting].items() if place is None}
    assert ours == off | KEPT[setting]
