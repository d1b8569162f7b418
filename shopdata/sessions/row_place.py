"""The ledger as a place of sessions, for all machines that share it; all in it is encrypted with one key."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Self

from shopdata.exceptions import UsageError
from shopdata.ledger import Ledger
from shopdata.ledger.session_rows import HeldRow, SessionRows
from shopdata.sessions.places import SECRET, FilePlace, Place, object_in
from shopdata.sessions.secret_files import OtherKeyUsedError, UnreadableError, new_salt, salt_of, seal, unseal

logger = logging.getLogger(__name__)

#: What tells one key from another before anything is asked of a portal; its salt is that of all rows.
_KEY = "key"
_KNOWN = b"shopdata"
#: What is kept for all shops together, and is put together where two machines have it.
_OF_ALL: Sequence[str] = ("identities.json", "restraint.json")


@dataclass(frozen=True)
class RowPlace:
    """Rows of a ledger."""

    rows: SessionRows
    secret_key: str = field(repr=False)
    salt: bytes = field(repr=False)
    _of: str = ""
    #: Who signs in here.
    node: str = ""

    @classmethod
    def opened(cls, ledger: Ledger, secret_key: str, node: str = "") -> Self:
        """The rows of a ledger, which the first to come gives their key.

        Args:
            node: who signs in here.

        Raises:
            UsageError: other machines have another key.
        """
        rows = ledger.sessions
        if rows.read(_KEY) is None:
            rows.add(_KEY, seal(_KNOWN, secret_key, new_salt()))
        sealed = rows.read(_KEY) or b""
        try:
            unseal(sealed, secret_key)
        except UnreadableError:
            raise UsageError(
                "SHOPDATA_SECRET_KEY is not the one that sessions in this ledger are encrypted with",
                where=ledger.where,
                expected="the same key on all machines that share the ledger",
                todo="Set the key that the other machines have; to change it on all of them, run `scrapy shops rekey`.",
            ) from None
        return cls(rows, secret_key, salt_of(sealed), ledger.where, node)

    def where(self, name: str = "") -> str:
        return f"{name} in the ledger ({self._of})" if name else self._of

    def read(self, name: str) -> bytes | None:
        return self._plain(self.rows.read(name))

    def has(self, name: str) -> bool:
        return self.rows.read(name) is not None

    def write(self, name: str, content: bytes, *, is_new: bool = False) -> None:
        self.rows.write(name, self._sealed(content), self.node if is_new else None)

    def remove(self, name: str) -> None:
        self.rows.remove(name)

    def is_plain(self, name: str) -> bool:
        return False

    def stamps(self) -> dict[str, object]:
        return {name: stamp for name, stamp in self.rows.stamps().items() if name != _KEY}

    @contextlib.contextmanager
    def alone(self, name: str) -> Iterator[Place]:
        with self.rows.held(name) as row:
            yield _Held(self, row)

    def _plain(self, content: bytes | None) -> bytes | None:
        return None if content is None else unseal(content, self.secret_key)

    def _sealed(self, content: bytes) -> bytes:
        return seal(content, self.secret_key, self.salt)

    def take_in(self, files: FilePlace) -> None:
        """Moves what lies in files of this machine into the ledger, from before it was kept there.

        What the ledger has stays, but for an older session. What another key has encrypted stays where it is.
        """
        for name in sorted(files.stamps()):
            if not name.endswith((*SECRET, *_OF_ALL)):
                continue
            try:
                content = files.read(name)
                if content is not None:
                    self._take_in(name, content)
            except (OtherKeyUsedError, UnreadableError):
                logger.warning("%s: damaged, or saved with another key; it stays as it is", files.where(name))
                continue
            files.remove(name)
            logger.info("%s: moved into the ledger, for all machines that share it", name)

    def _take_in(self, name: str, content: bytes) -> None:
        with self.alone(name) as place:
            theirs, ours = object_in(place.read(name), name), object_in(content, name)
            if name in _OF_ALL:
                place.write(name, _json({**ours, **theirs}))
            elif str(ours.get("saved_at") or "") > str(theirs.get("saved_at") or "") or not theirs:
                place.write(name, content, is_new=True)


@dataclass(frozen=True)
class _Held:
    """The same while a row is held: nothing else is to be had of it."""

    place: RowPlace
    row: HeldRow

    def where(self, name: str = "") -> str:
        return self.place.where(name)

    def read(self, name: str) -> bytes | None:
        return self.place._plain(self.row.read())

    def has(self, name: str) -> bool:
        return self.row.read() is not None

    def write(self, name: str, content: bytes, *, is_new: bool = False) -> None:
        self.row.write(self.place._sealed(content), self.place.node if is_new else None)

    def remove(self, name: str) -> None:
        self.row.write(b"")

    def is_plain(self, name: str) -> bool:
        return False

    def stamps(self) -> dict[str, object]:
        return self.place.stamps()

    def alone(self, name: str) -> contextlib.AbstractContextManager[Place]:
        raise AssertionError("it is held already")


def rekey_rows(rows: SessionRows, old_key: str, key: str) -> int:
    """Encrypts with `key` what was encrypted with `old_key`; may be done again. Returns how many rows it was."""
    sealed = rows.read(_KEY)
    if sealed is None or _opens(sealed, key) or not _opens(sealed, old_key):
        return 0
    salt, count = new_salt(), 0
    for name in [*(name for name in rows.stamps() if name != _KEY), _KEY]:
        with rows.held(name) as row:
            content = row.read()
            if content is not None and _opens(content, old_key):
                row.write(seal(unseal(content, old_key), key, salt))
                count += name != _KEY
    return count


def _opens(content: bytes, key: str) -> bool:
    try:
        unseal(content, key)
    except UnreadableError:
        return False
    return True


def _json(data: object) -> bytes:
    import json

    return json.dumps(data, ensure_ascii=False, indent=1, sort_keys=True).encode()
