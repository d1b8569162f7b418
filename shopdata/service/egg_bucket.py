"""Eggs by version in the bucket, for all services that share a ledger; each has a copy of all of them in its folder.

::

    service/eggs/PROJECT/VERSION.egg
    service/eggs/PROJECT/VERSION.SHA256.mac    written last: whose content it is, by whoever has the key

An egg is code that a service runs, and more people write into a bucket than know the key. So what is there counts only
with a sum that was made with the key. Blocking and thread-safe.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import json
import logging
import threading
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from shopdata.derived_keys import derived_key
from shopdata.exceptions import ArgumentError, ShopdataError, StoreError
from shopdata.files import write_durably
from shopdata.store.keys import EGGS, egg_key, egg_proof_key
from shopdata.store.object_store import ObjectStore

logger = logging.getLogger(__name__)

#: Whoever asks for a page waits no longer for somebody else who speaks to the bucket.
_WAIT_SECONDS = 5
#: Project and version.
Egg = tuple[str, str]


class EggBucket:
    """The eggs of all services, and this one's folder of them.

    Args:
        folder: as scrapyd lays it out, `PROJECT/VERSION.egg`.
        open_store: the bucket.
    """

    def __init__(self, folder: Path, open_store: Callable[[], ObjectStore], secret_key: str) -> None:
        self._folder = folder
        self._open_store = open_store
        self._key = derived_key(secret_key, "eggs")
        #: One at a time speaks to the bucket; nobody who only notes something waits for that.
        self._lock = threading.Lock()
        self._note_lock = threading.Lock()
        #: What is being looked into: whether it is of use, nobody knows yet.
        self._new: set[Egg] = set()
        self._told = ""
        self._refused: set[str] = set()

    # -- what the service does ---------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def adding(self, project: str, version: str) -> Iterator[None]:
        """For the length of the block this one is nobody else's business; then it is sent, unless the block raises."""
        egg = (project, version)
        self._new.add(egg)
        try:
            yield
            with self._noting() as note:
                note.mine.add(egg)
        finally:
            self._new.discard(egg)

    def removed(self, project: str, version: str | None) -> None:
        """Notes that a version, or all, was taken out of this folder by a person: soon it is gone everywhere."""
        with self._noting() as note:
            note.gone |= {egg for egg in note.seen if egg[0] == project and version in (None, egg[1])}

    def sync(self, in_use: Collection[str] | None = ()) -> bool:
        """Sends, fetches and removes until folder and bucket have the same; True if the folder has changed.

        What can't be done is told, once, and done the next time: until then what is here goes on.

        Args:
            in_use: versions that crawls load modules from: they stay for now; None is all.
        """
        if not self._lock.acquire(timeout=_WAIT_SECONDS):
            self._tell("no answer yet")
            return False
        try:
            is_changed = self._sync(in_use)
        except ShopdataError as error:
            self._tell(str(error))
            return False
        finally:
            self._lock.release()
        if self._told:
            logger.info("the eggs in the bucket can be read again")
        self._told = ""
        return is_changed

    def problem(self) -> str:
        """Why bucket and folder may not have the same eggs; "" if they have."""
        return self._told

    def fetch(self, project: str, version: str) -> bool:
        """True if this version is here, or was fetched; False if the bucket has none. Raises StoreError."""
        if self._path((project, version)).is_file():
            return True
        if not self._lock.acquire(timeout=_WAIT_SECONDS):
            raise StoreError(
                "another question to the bucket is not answered yet",
                where=self._open_store().where(egg_key(project, version)),
                found=f"no end of it in {_WAIT_SECONDS} s",
                todo="It is tried again; see that the store answers.",
            )
        try:
            sums = self._there().get((project, version))
            return bool(sums) and self._fetch((project, version), sums or set())
        finally:
            self._lock.release()

    # -- how ---------------------------------------------------------------------------------------------------------

    def _sync(self, in_use: Collection[str] | None) -> bool:
        there, here = self._there(), self._here() - self._new
        with self._noting() as note:
            note.gone &= there.keys()
            note.mine &= here
            gone, mine, seen = set(note.gone), set(note.mine), dict(note.seen)
        for egg in gone:
            self._remove_there(egg)
            self._forget(egg)
        there = {egg: sums for egg, sums in there.items() if egg not in gone | mine}
        is_changed = False
        for egg in sorted(here - there.keys() - gone):
            if egg in mine or egg not in seen:
                self._send(egg)
            else:
                is_changed = self._drop(egg, in_use) or is_changed
        for egg, sums in sorted(there.items()):
            if egg in self._new:
                continue
            sum_ = (seen.get(egg) or _sum_of(self._path(egg))) if egg in here else ""
            if sum_ not in sums:
                is_changed = self._fetch(egg, sums) or is_changed
            elif egg not in seen:
                self._remember(egg, sum_)
        return is_changed

    def _drop(self, egg: Egg, in_use: Collection[str] | None) -> bool:
        """Removes what another machine has removed, unless it is in use."""
        if in_use is None or egg[1] in in_use:
            return False
        # Windows does not let go of a file that somebody reads.
        with contextlib.suppress(OSError):
            self._path(egg).unlink(missing_ok=True)
            self._forget(egg)
            logger.info("egg %s of %s was removed by another machine", egg[1], egg[0])
            self._path(egg).parent.rmdir()
        return True

    def _there(self) -> dict[Egg, set[str]]:
        """The sums of each egg in the bucket; none where there is no bucket yet."""
        store, found = self._open_store(), defaultdict[Egg, set[str]](set)
        for key in store.list_keys(EGGS) if store.has_bucket() else ():
            project, _, name = key.removeprefix(EGGS).partition("/")
            version, _, rest = name.partition(".")
            # A key that we never make is nobody's egg.
            with contextlib.suppress(ArgumentError):
                sum_ = rest.removesuffix(".mac")
                if key == egg_proof_key(project, version, sum_):
                    found[project, version].add(sum_)
        return dict(found)

    def _here(self) -> set[Egg]:
        return {(path.parent.name, path.stem) for path in self._folder.glob("*/*.egg")}

    def _send(self, egg: Egg) -> None:
        path = self._path(egg)
        content = path.read_bytes()
        sum_ = hashlib.sha256(content).hexdigest()
        store = self._open_store()
        store.ensure_bucket()
        store.put_file(egg_key(*egg), path, sha256=sum_)
        store.put_bytes(egg_proof_key(*egg, sum_), self._mac(egg, sum_))
        for key in store.list_keys(f"{EGGS}{egg[0]}/{egg[1]}."):
            if key not in (egg_key(*egg), egg_proof_key(*egg, sum_)):
                # Of one that was of the same version.
                store.remove(key)
        self._remember(egg, sum_)
        logger.info("egg %s of %s is in the bucket, for all machines", egg[1], egg[0])

    def _fetch(self, egg: Egg, sums: Collection[str]) -> bool:
        store = self._open_store()
        signed = [
            one for one in sums if hmac.compare_digest(store.get_bytes(egg_proof_key(*egg, one)), self._mac(egg, one))
        ]
        content = store.get_bytes(egg_key(*egg)) if signed else b""
        sum_ = hashlib.sha256(content).hexdigest()
        if sum_ not in signed:
            if (where := store.where(egg_key(*egg))) not in self._refused:
                self._refused.add(where)
                logger.error("%s: not put there by a machine with this SHOPDATA_SECRET_KEY, and not used", where)
            return False
        self._path(egg).parent.mkdir(parents=True, exist_ok=True)
        write_durably(self._path(egg), content)
        self._remember(egg, sum_)
        logger.info("egg %s of %s fetched from the bucket", egg[1], egg[0])
        return True

    def _remove_there(self, egg: Egg) -> None:
        store = self._open_store()
        # The sums first: without one an egg is none.
        for key in sorted(store.list_keys(f"{EGGS}{egg[0]}/{egg[1]}."), reverse=True, key=lambda key: ".mac" in key):
            store.remove(key)

    def _mac(self, egg: Egg, sum_: str) -> bytes:
        return hmac.new(self._key, "\0".join((*egg, sum_)).encode(), hashlib.sha256).hexdigest().encode()

    def _path(self, egg: Egg) -> Path:
        return self._folder / egg[0] / f"{egg[1]}.egg"

    def _tell(self, text: str) -> None:
        if text != self._told:
            versions = ", ".join(sorted(f"{project} {version}" for project, version in self._here()))
            logger.warning("eggs in the bucket not read; what is here goes on (%s): %s", versions or "nothing", text)
        self._told = text

    # -- what was seen in the bucket: whatever is here and was not, is new -------------------------------------------

    @contextlib.contextmanager
    def _noting(self) -> Iterator[_Note]:
        """The note, to be changed; never for as long as a bucket takes to answer."""
        path = self._folder / "bucket.json"
        with self._note_lock:
            note = _Note.parse(path.read_bytes() if path.is_file() else b"")
            before = note.content
            yield note
            if note.content != before:
                self._folder.mkdir(parents=True, exist_ok=True)
                write_durably(path, note.content)

    def _remember(self, egg: Egg, sum_: str) -> None:
        with self._noting() as note:
            note.seen[egg] = sum_
            note.gone.discard(egg)
            note.mine.discard(egg)

    def _forget(self, egg: Egg) -> None:
        with self._noting() as note:
            note.seen.pop(egg, None)
            note.gone.discard(egg)


@dataclass
class _Note:
    #: The sums of what folder and bucket have.
    seen: dict[Egg, str] = field(default_factory=dict)
    #: What is to be removed from the bucket.
    gone: set[Egg] = field(default_factory=set)
    #: What is to be sent, whatever the bucket has under its name.
    mine: set[Egg] = field(default_factory=set)

    @classmethod
    def parse(cls, content: bytes) -> Self:
        try:
            noted = json.loads(content)
            seen = {(project, version): sum_ for project, version, sum_ in noted["seen"]}
            return cls(seen, *({(project, version) for project, version in noted[name]} for name in ("gone", "mine")))
        except (ValueError, LookupError, TypeError):
            return cls()

    @property
    def content(self) -> bytes:
        seen = sorted((*egg, sum_) for egg, sum_ in self.seen.items())
        return json.dumps({"seen": seen, "gone": sorted(self.gone), "mine": sorted(self.mine)}).encode()


def _sum_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
