"""A small soak with every test run, a large one by hand.

`python -m pytest tests/crawl/test_soak.py -s --soak-shops 50 --soak-rounds 40 --soak-seed 7`
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from soaking import Soak

from shopdata import config

pytestmark = [
    pytest.mark.soak,
    pytest.mark.services,
    pytest.mark.timeout(3600),
    pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL to tell by the exit code"),
]


def test_all_is_there_once_whatever_happened(
    request: pytest.FixtureRequest, store_settings: config.ObjectStoreSettings, tmp_path: Path
) -> None:
    option = request.config.getoption
    seed, shops, rounds = option("--soak-seed"), option("--soak-shops"), option("--soak-rounds")
    soak = Soak(tmp_path, store_settings, seed=seed, shops=shops, rounds=rounds)
    print(f"soak: seed {seed}")
    soak.run()
    print("\n".join(soak.figures()))
    assert soak.problems == []
    assert soak.met["ended by SIGKILL"] > 0
