"""The outbox: good files on this machine's disk that are on their way into the store."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from shopdata import failpoints
from shopdata.exceptions import DiskError, LedgerError, StoreError
from shopdata.failpoints import FailPoint
from shopdata.files import discard, require_readable, sha256_of
from shopdata.ledger import CellKey, Ledger, RawFile
from shopdata.reasons import Reason
from shopdata.store.history import keep_raw
from shopdata.store.staging import Staging

if TYPE_CHECKING:
    from shopdata.store.object_store import ObjectStore

logger = logging.getLogger(__name__)

_OWN_PREFIXES = ("raw/", "merged/", "ods/")
#: A younger upload may belong to a run that goes on.
_UPLOADS_END_WITHIN = timedelta(days=1)


@dataclass
class Outbox:
    """Sends raw files; blocking and thread-safe.

    A store that has failed once is left alone by `offer`: with 500 shops nobody wants 500 time-outs. Nothing is lost.
    """

    staging: Staging
    ledger: Ledger
    store: ObjectStore
    is_store_down: bool = False
    #: Looked for once, before the first file.
    has_bucket: bool = False

    def offer(self, key: CellKey, raw: RawFile) -> None:
        """Sends a cell's file, or leaves it for later, whatever is away: store, disk or ledger."""
        if self.is_store_down:
            return
        try:
            self._offer(key, raw)
        except (DiskError, LedgerError) as error:
            logger.error("%s The next run sends this file.", error)

    def _offer(self, key: CellKey, raw: RawFile) -> None:
        try:
            self.send(key, raw)
        except StoreError as error:
            if self._is_damaged(raw):
                self._give_up(key, raw)
                return
            self.is_store_down = True
            logger.error("%s Raw files stay in the outbox; the next run sends them.", error)

    def send(self, key: CellKey, raw: RawFile) -> None:
        """To the store, verified; only then is the local copy removed.

        Where several machines share a ledger, each sends what lies with itself: a file that is not here is left out.

        Raises:
            StoreError: the store does not hold it now.
            DiskError: it can't be read; on Windows, another program may hold it open.
            LedgerError: it is sent, and the ledger does not know it: it stays here, too.
        """
        path = self.staging.raw(raw.key)
        if not path.is_file():
            return
        require_readable(path)
        try:
            if not self.has_bucket:
                self.store.ensure_bucket()
                self.has_bucket = True
            is_there = keep_raw(self.store, raw)
            failpoints.reach(FailPoint.RAW_PUT_BEFORE)
            if not is_there:
                self.store.put_file(raw.key, path, sha256=raw.sha256)
            failpoints.reach(FailPoint.RAW_PUT_AFTER)
        except StoreError:
            if not path.is_file():
                # Another run has sent it at the same time.
                return
            raise
        if self.ledger.mark_in_store(key, raw.sha256):
            failpoints.reach(FailPoint.RAW_SENT_AFTER)
            discard(path)

    def offer_all(self) -> None:
        """Sends what others had to leave, and removes what they had sent and did not live to remove.

        Raises:
            LedgerError: nobody can say what is to be sent.
        """
        if not any(self.staging.outbox()):
            return
        for cell in self.ledger.unsent_raw():
            if cell.raw is not None:
                self.offer(cell.key, cell.raw)
        for key, path in self.staging.outbox():
            # First the bytes, then the ledger: whoever moves a file here holds its cell by then.
            found, cell_of_file = _found(path), self.ledger.cell(key)
            raw = cell_of_file.raw if cell_of_file is not None else None
            if raw is None or found is None or not raw.in_store:
                continue
            if found == raw.sha256:
                discard(path)
            elif cell_of_file is not None and not cell_of_file.lease_owner and raw.node != self.staging.node:
                # While we were gone, another machine has asked for it again.
                kept = self.staging.reject(path, key.dataset, key.dt, key.shop, path.suffix[1:])
                where = kept.relative_to(self.staging.state_dir).as_posix()
                logger.warning("%s: the store has a file of another machine; ours is kept under %s", key, where)

    def send_partition(self, dataset: str, dt: str) -> None:
        """Sends what is left of a period: a receipt must not name a raw file that the store does not hold.

        Raises:
            StoreError: the store does not hold all of it now.
            DiskError: one of them can't be read.
            LedgerError: nobody can say what is to be sent.
        """
        for cell in self.ledger.unsent_raw():
            if (cell.dataset, cell.dt) == (dataset, dt) and cell.raw is not None:
                self.send(cell.key, cell.raw)

    def _is_damaged(self, raw: RawFile) -> bool:
        return _found(self.staging.raw(raw.key)) not in (None, raw.sha256)

    def _give_up(self, key: CellKey, raw: RawFile) -> None:
        """Somebody or the disk has changed a file that was not sent yet: its cell is asked for again."""
        reason = (
            f"{key}: the file in the outbox is no longer the one that was staged, and the store has none yet. "
            "It is kept under rejected/ in the state directory, and the portal is asked again. "
            "See what is wrong with the disk, or who changes files there."
        )
        if self.ledger.forget_unsent(key, raw.sha256, Reason("staged_file_changed", {}, reason)):
            logger.error("%s", reason)
            self.staging.reject(self.staging.raw(raw.key), key.dataset, key.dt, key.shop, raw.ext)

    def abort_uploads(self) -> None:
        """Ends uploads that killed runs have left half-way in the store."""
        if self.is_store_down:
            return
        try:
            for key in self.store.abort_uploads(_OWN_PREFIXES, datetime.now(UTC) - _UPLOADS_END_WITHIN):
                logger.info("%s: ended an upload of an earlier run that was cut off", key)
        except StoreError as error:
            # Not every store lists them, and not every access key may: nothing depends on it.
            logger.info("unfinished uploads stay as they are: %s", error)


def _found(path: Path) -> str | None:
    """A file's SHA-256; None if nobody can say: another run has just sent and removed it, or a program holds it."""
    try:
        return sha256_of(path)
    except (FileNotFoundError, PermissionError):
        return None
