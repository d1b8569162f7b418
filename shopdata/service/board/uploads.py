"""Lists of shops between their upload and the button that enters them: in memory, for a quarter of an hour."""

from __future__ import annotations

import contextlib
import os
import secrets
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from shopdata.service.live.person import Person
from shopdata.shops.sheet import ShopList

#: They hold passwords, and are small: nobody looks at so many at a time.
_MOST = 20
_SECONDS = 15 * 60


@dataclass(frozen=True)
class Upload:
    """A list, and who has sent it."""

    person: Person
    shops: ShopList = field(repr=False)
    may_change: bool
    at: float


@contextlib.contextmanager
def in_memory(content: bytes, folder: Path) -> Iterator[Path]:
    """A file that was sent, under a name for whoever reads files: in memory where the system can, else in `folder`."""
    if sys.platform == "linux":
        with os.fdopen(os.memfd_create("upload"), "wb") as file:
            file.write(content)
            file.flush()
            yield Path(f"/proc/self/fd/{file.fileno()}")
        return
    with tempfile.TemporaryDirectory(prefix="upload-", dir=folder) as own:
        Path(own, "file").write_bytes(content)
        yield Path(own, "file")


class Uploads:
    """Each is of use to the browser that has sent it, once."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._held: dict[str, Upload] = {}

    def __repr__(self) -> str:
        return "<Uploads>"

    def keep(self, person: Person, shops: ShopList, *, may_change: bool) -> str:
        """Its name."""
        name = secrets.token_urlsafe(16)
        with self._lock:
            self._forget_old()
            while len(self._held) >= _MOST:
                del self._held[next(iter(self._held))]
            self._held[name] = Upload(person, shops, may_change, self._clock())
        return name

    def take(self, person: Person, name: str) -> Upload | None:
        """The list; None if it is gone, or somebody else's."""
        with self._lock:
            self._forget_old()
            upload = self._held.get(name)
            if upload is None or (upload.person.user, upload.person.nonce) != (person.user, person.nonce):
                return None
            return self._held.pop(name)

    def _forget_old(self) -> None:
        for name in [name for name, upload in self._held.items() if self._clock() - upload.at > _SECONDS]:
            del self._held[name]
