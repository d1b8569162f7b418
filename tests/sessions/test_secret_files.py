"""To derive a key takes a twentieth of a second: not once for each shop."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from shopdata.sessions import places, secret_files
from shopdata.sessions.places import FilePlace
from shopdata.sessions.secret_files import UnreadableError, new_salt, seal

NAMES = [f"jd_{number:02}.session" for number in range(20)]


def forget() -> None:
    """As a process that has just been started."""
    secret_files._derived.cache_clear()
    places._first_salt.cache_clear()


@pytest.fixture
def derived(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[bytes]]:
    """The salts that keys are derived with."""
    salts: list[bytes] = []
    scrypt = hashlib.scrypt

    def noted(key: bytes, **options: object) -> bytes:
        salts.append(options["salt"])  # type: ignore[arg-type]
        return scrypt(key, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(hashlib, "scrypt", noted)
    forget()
    yield salts
    forget()


def test_sessions_of_many_shops_cost_one_derivation(tmp_path: Path, derived: list[bytes]) -> None:
    place = FilePlace(tmp_path, "a key")
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda name: place.write(name, name.encode()), NAMES))
    assert len(derived) == 1
    for _ in range(2):
        forget()
        with ThreadPoolExecutor(8) as threads:
            assert list(threads.map(FilePlace(tmp_path, "a key").read, NAMES)) == [name.encode() for name in NAMES]
        place.write(NAMES[7], NAMES[7].encode())
    assert len(derived) == 3
    assert len(set(derived)) == 1


def test_what_was_sealed_each_with_its_own_comes_to_one(tmp_path: Path, derived: list[bytes]) -> None:
    for name in NAMES[:4]:
        (tmp_path / name).write_bytes(seal(name.encode(), "a key", new_salt()))
    place = FilePlace(tmp_path, "a key")
    forget()
    derived.clear()
    for name in [*NAMES[:4], *NAMES[:4]]:
        assert place.read(name) == name.encode()
    assert len(derived) == 4, "each once"
    for name in reversed(NAMES[:6]):
        place.write(name, name.encode())
    forget()
    derived.clear()
    for name in NAMES[:6]:
        assert place.read(name) == name.encode()
    assert len(derived) == 1


@pytest.mark.parametrize("size", [18, 30, 64])
def test_a_first_file_that_was_cut_off_spoils_no_other(tmp_path: Path, derived: list[bytes], size: int) -> None:
    place = FilePlace(tmp_path, "a key")
    place.write(NAMES[0], b"the first")
    cut = (tmp_path / NAMES[0]).read_bytes()[:size]
    (tmp_path / NAMES[0]).write_bytes(cut)
    forget()
    place.write(NAMES[1], b"the second")
    forget()
    assert place.read(NAMES[1]) == b"the second"
    with pytest.raises(UnreadableError) as raised:
        place.read(NAMES[0])
    assert raised.type is UnreadableError, "a damaged one is no person's business: its shop signs in"
