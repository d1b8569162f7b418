"""All that is kept of sessions, opened on one place: files of this machine, or the ledger that machines share."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from shopdata.sessions.places import FilePlace, Place

if TYPE_CHECKING:
    from shopdata.config import Config
    from shopdata.ledger import Ledger
    from shopdata.sessions.devices import DeviceStore
    from shopdata.sessions.identity import Identities
    from shopdata.sessions.pace import Pacer
    from shopdata.sessions.restraint import Restraint
    from shopdata.sessions.row_place import RowPlace
    from shopdata.sessions.sessions import SessionStore


@dataclass(frozen=True)
class SessionParts:
    """Opened when they are first used. Every part raises UsageError where the key is another one, or LedgerError.

    Args:
        state_dir: of this machine.
        secret_key: must be there where the ledger is shared.
        open_ledger: the ledger of the run.
        node: who signs in here; None where no ledger is shared, and all is kept in files.
    """

    state_dir: Path
    secret_key: str | None = field(repr=False)
    open_ledger: Callable[[], Ledger]
    node: Callable[[], str] | None = None

    @functools.cached_property
    def place(self) -> Place:
        """Where they are kept."""
        return self._rows or FilePlace(self._folder, self.secret_key)

    @functools.cached_property
    def store(self) -> SessionStore:
        """The saved sessions. Raises UsageError also where encrypted ones lie and no key is set."""
        from shopdata.sessions.lives import Lives
        from shopdata.sessions.sessions import SessionStore

        lives = Lives(lambda: self.open_ledger().session_lives)
        leases = self.open_ledger().leases if self.node else None
        store = SessionStore(self._folder, self.secret_key, lives, place=self._rows, leases=leases)
        store.refuse_mixing()
        return store

    @functools.cached_property
    def devices(self) -> DeviceStore:
        """What portals know the shops' browsers by."""
        from shopdata.sessions.devices import DeviceStore

        return DeviceStore(self._folder, self.secret_key, self._rows)

    @functools.cached_property
    def identities(self) -> Identities:
        """Which shop each account opens."""
        from shopdata.sessions.identity import Identities

        return Identities(self._folder, self._rows)

    @functools.cached_property
    def restraint(self) -> Restraint:
        """Passwords sent in vain, and shops left alone; this run begins when it is first used."""
        from shopdata.sessions.restraint import Restraint

        return Restraint(self._folder, place=self._rows)

    def pace(self, config: Config) -> Pacer:
        """How fast each shop may be asked."""
        from shopdata.sessions.pace import Pace, SharedPace

        here = Pace(self.state_dir / "pace", config)
        return SharedPace(self.open_ledger().paces, config, here) if self.node else here

    @property
    def _folder(self) -> Path:
        return self.state_dir / "sessions"

    @functools.cached_property
    def _rows(self) -> RowPlace | None:
        """The one spot where it is decided; what lies in files of this machine moves there."""
        if not self.node:
            return None
        from shopdata.sessions.row_place import RowPlace

        place = RowPlace.opened(self.open_ledger(), self.secret_key or "", self.node())
        place.take_in(FilePlace(self._folder, self.secret_key))
        return place
