"""A book of shops in a ledger of its own, and a configuration without any shop."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from delivered import Folder

from shopdata.config import Config, KeptShops
from shopdata.ledger import Ledger
from shopdata.shops import ShopBook


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "config")


@pytest.fixture(scope="session")
def config(tmp_path_factory: pytest.TempPathFactory) -> Config:
    """What may be entered is looked at beside it."""
    return Folder(tmp_path_factory.mktemp("delivered") / "config").load(KeptShops(), needs_shops=False)


@pytest.fixture
def book(tmp_path: Path) -> Iterator[ShopBook]:
    with Ledger.at(tmp_path / "state") as ledger:
        yield ShopBook(ledger, "a key that is long enough")
