"""Shops to sign in."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import SecretStr

from shopdata.config import Shop
from shopdata.sessions.devices import DeviceStore

MakeShop = Callable[..., Shop]


@pytest.fixture
def make_shop() -> MakeShop:
    """Makes a shop; what is not given is that of shop `one`."""

    def make(*, password: str = "right-horse", **given: str) -> Shop:
        facts = {"id": "one", "name": "第一家店", "platform": "jd", "username": "one@example.com"}
        return Shop(**(facts | given), password=SecretStr(password))

    return make


@pytest.fixture
def shop(make_shop: MakeShop) -> Shop:
    """Shop `one`."""
    return make_shop()


@pytest.fixture
def device_store(tmp_path: Path) -> DeviceStore:
    """Devices in a folder of this test's own."""
    return DeviceStore(tmp_path / "sessions")
