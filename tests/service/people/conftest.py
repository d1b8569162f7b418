"""One running service for all of these tests."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from people_place import Place
from tiny_service import tiny_egg


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    if os.name == "nt":
        pytest.skip("the service of these tests is ended as a POSIX system does")
    place = Place(tmp_path_factory.mktemp("people"))
    try:
        place.start()
        assert place.deploy(tiny_egg())["status"] == "ok"
        yield place
    finally:
        place.stop()
