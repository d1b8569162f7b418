"""Opens the ledger's database, and turns what SQLAlchemy and its drivers raise into sentences."""

from __future__ import annotations

import contextlib
import functools
import logging
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

from filelock import FileLock, Timeout
from sqlalchemy import URL, ColumnElement, DateTime, exc, func, make_url, select
from sqlalchemy.orm import Session

from shopdata.exceptions import LedgerError
from shopdata.ledger.engines import create_engine_for
from shopdata.ledger.migrations import bring_up_to_date, version_of
from shopdata.ledger.one_commit import OneCommit
from shopdata.ledger.outages import Outages, UnknownEndError
from shopdata.ledger.schema import SCHEMA_VERSION, SchemaVersion
from shopdata.periods import SHANGHAI

_SETTING = "Fix SHOPDATA_DATABASE_URL, or unset it to use SQLite in the state directory."
#: Tries of a transaction that another program made void (two runs that begin at once).
_TRIES = 3
#: PostgreSQL's code for it.
_DEADLOCK = "40P01"

#: What SQLite says of a file that has lost something, or got it from elsewhere.
_SIGNS_OF_DAMAGE = ("not a database", "malformed", "could not decode", "no such table", "no such column", "corrupt")
#: What is raised where a row does not hold what its columns are for.
_ODD = (ValueError, TypeError, LookupError, AttributeError, OverflowError, RecursionError)

logger = logging.getLogger(__name__)

Result = TypeVar("Result")
Arguments = ParamSpec("Arguments")
Part = TypeVar("Part", bound="DatabasePart")


class Database:
    """Sessions on one database; every failure leaves as a LedgerError.

    Args:
        url: any SQLAlchemy URL.
        busy_seconds: how long SQLite waits for another process that is writing.
        answer_seconds: how long a server is waited for; it lets nobody wait for another's lock as long.
        outage_seconds: how long one is waited for that was there, and has gone away.

    Raises:
        LedgerError: it can't be opened, or its tables are of a newer version of shopdata.
    """

    def __init__(
        self, url: str | URL, busy_seconds: float, answer_seconds: float = 100, outage_seconds: float = 0
    ) -> None:
        self._busy_seconds = busy_seconds
        try:
            self._url = make_url(url)
        except exc.ArgumentError:
            # The text is not shown: a broken URL may still hold a password.
            raise LedgerError(
                "the database URL can't be read",
                where="SHOPDATA_DATABASE_URL",
                expected="dialect+driver://user:password@host/name",
                todo=_SETTING,
            ) from None
        self._path = Path(self._url.database) if self._is_sqlite and self._url.database else None
        self.where = str(self._path) if self._path else self._url.render_as_string(hide_password=True)
        try:
            self._engine = create_engine_for(self._url, busy_seconds, answer_seconds)
        except (exc.SQLAlchemyError, ImportError) as error:
            raise LedgerError(
                "there is no driver for this kind of database",
                where=self.where,
                found=_first_line(error),
                todo=f"Install the driver that the URL names. {_SETTING}",
            ) from None
        # SQLite takes the lock to write at BEGIN: a transaction that reads first and writes later would fail at once,
        # without waiting, when somebody else wrote in between.
        self._writer = self._engine.execution_options(shopdata_begin="BEGIN IMMEDIATE")
        self._write = OneCommit(self._writer).write if self._is_sqlite else self._write_alone
        # A wrong address is told at once.
        self._outages = Outages(0)
        try:
            self._create_schema()
        except BaseException:
            self.close()
            raise
        self._outages = Outages(outage_seconds)

    @property
    def is_shared(self) -> bool:
        """True for a server, which other machines may use as well."""
        return self._url.get_backend_name() == "postgresql"

    @property
    def _is_sqlite(self) -> bool:
        return self._url.get_backend_name() == "sqlite"

    def close(self) -> None:
        """Gives all connections back. The object is of no use afterwards."""
        self._engine.dispose()

    def now(self, session: Session) -> datetime:
        """The time by which leases end: that of the database, where several machines share it."""
        if self.is_shared:
            now: datetime = session.execute(select(func.clock_timestamp())).scalar_one()
            return now.astimezone(SHANGHAI)
        return datetime.now(SHANGHAI)

    def moment(self) -> ColumnElement[datetime] | datetime:
        """The same inside of a statement, as of when a row's turn has come: who is held up before it has no old one."""
        return func.clock_timestamp(type_=DateTime(timezone=True)) if self.is_shared else datetime.now(SHANGHAI)

    def read(self, work: Callable[[Session], Result]) -> Result:
        """What `work` returned, which only reads; no ORM object may be in it."""

        def read() -> Result:
            with Session(self._engine) as session, session.begin():
                return work(session)

        with self.as_ledger_error():
            return self._outages.outlive(read)

    @contextlib.contextmanager
    def changing(self, begin: Callable[[Session], Result]) -> Iterator[Result]:
        """A transaction to write in, for as long as the block takes; undone if that raises.

        Args:
            begin: what is done in it first; the block gets what it returned.
        """

        def begun() -> tuple[Session, Result]:
            with contextlib.ExitStack() as stack:
                session = stack.enter_context(Session(self._writer))
                result = begin(session)
                stack.pop_all()
                return session, result

        with self.as_ledger_error():
            session, result = self._outages.outlive(begun)
        with session:
            yield result
            with self.as_ledger_error():
                session.commit()

    def write(self, work: Callable[[Session], Result]) -> Result:
        """Runs `work` in one transaction; again if another program came in between, or the server went away under it.

        Returns:
            what `work` returned; no ORM object may be in it.
        """
        for attempt in range(1, _TRIES + 1):
            with self.as_ledger_error():
                try:
                    return self._write(work)
                except (exc.IntegrityError, exc.OperationalError) as error:
                    if attempt == _TRIES or not _is_worth_another_try(error):
                        raise
        raise AssertionError("the last try returns or raises")

    def _write_alone(self, work: Callable[[Session], Result]) -> Result:
        def write() -> Result:
            with Session(self._writer) as session:
                result = work(session)
                session.flush()
                try:
                    session.commit()
                except exc.DBAPIError as error:
                    raise UnknownEndError(error) from None
                return result

        try:
            return self._outages.outlive(write)
        except UnknownEndError as unknown:
            raise unknown.error from None

    def _create_schema(self) -> None:
        """Makes the tables, or changes them to today's; refuses those of a newer version."""
        lock: contextlib.AbstractContextManager[object] = contextlib.nullcontext()
        if self._path is not None:
            # Two processes that create a database at once: the change to WAL does not wait for the other's lock.
            lock = FileLock(f"{self._path}.lock", timeout=self._busy_seconds)
        try:
            with lock:
                version = self.read(version_of)
                # Nearly every command finds them as they should be, and need not wait for somebody who writes.
                if version != SCHEMA_VERSION:
                    version = self.write(bring_up_to_date)
        except Timeout:
            raise self._locked() from None
        except OSError as error:
            raise self._unusable(error) from None
        self._refuse_other(version)

    def wait_for_turn(self, session: Session, what: str) -> None:
        """Until the transaction ends, nobody else is here for the same. SQLite has locked all of the file by BEGIN."""
        if self.is_shared:
            session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(what, 0))))

    def require_our_version(self, session: Session) -> None:
        """Refuses where another shopdata has changed the tables since they were opened. Raises LedgerError."""
        self._refuse_other(_version_in(session))

    def is_of_our_version(self, session: Session) -> bool:
        """False where `require_our_version` would refuse."""
        return _version_in(session) == SCHEMA_VERSION

    def _refuse_other(self, version: int | None) -> None:
        if version != SCHEMA_VERSION:
            raise LedgerError(
                "the ledger's tables are of another version of shopdata",
                where=self.where,
                found=f"version {version}",
                expected=f"version {SCHEMA_VERSION}",
                todo="Use the newest shopdata on every machine that shares this ledger.",
            )

    @contextlib.contextmanager
    def as_ledger_error(self) -> Iterator[None]:
        """What the database says leaves the block as a LedgerError."""
        try:
            yield
        except exc.SQLAlchemyError as error:
            raise self._explain(error) from None
        except _ODD as error:
            # What we write is read as it was; flipped bytes and other people's rows are not.
            logger.debug("a row of the ledger can't be read", exc_info=True)
            raise self._damaged(f"a row that can't be read ({type(error).__name__})") from None

    def _explain(self, error: Exception) -> LedgerError:
        text = _first_line(getattr(error, "orig", None) or error).lower()
        if "database is locked" in text:
            return self._locked()
        if self._path is not None and any(sign in text for sign in _SIGNS_OF_DAMAGE):
            return self._damaged(text)
        return self._unusable(error)

    def _damaged(self, found: str) -> LedgerError:
        what = "this file is not a whole SQLite database" if self._path is not None else "the database is damaged"
        return LedgerError(
            what,
            where=self.where,
            found=found,
            todo="Bring it back from a copy, or move it away: "
            "a new ledger is then begun, and takes in what is published.",
        )

    def _locked(self) -> LedgerError:
        return LedgerError(
            "another program holds the ledger locked",
            where=self.where,
            found=f"no end of it in {self._busy_seconds:g} s",
            todo="Close the program that has it open (a database browser?), then run again.",
        )

    def _unusable(self, error: Exception) -> LedgerError:
        text = _first_line(getattr(error, "orig", None) or error)
        if self._url.password:
            text = text.replace(str(self._url.password), "***")
        if self._path is not None:
            todo = "Make its folder writable for this user and see that the disk is not full."
        else:
            todo = f"See that the database server runs and lets this user in. {_SETTING}"
        return LedgerError("the ledger's database can't be used", where=self.where, found=text, todo=todo)


class DatabasePart:
    """Questions to one database, and what is written there; blocking and thread-safe. Raises LedgerError."""

    def __init__(self, database: Database) -> None:
        self._database = database


def reads(
    method: Callable[Concatenate[Part, Session, Arguments], Result],
) -> Callable[Concatenate[Part, Arguments], Result]:
    """A part's method that is given a session to read with, and returns no ORM object."""

    @functools.wraps(method)
    def with_session(self: Part, /, *arguments: Arguments.args, **named: Arguments.kwargs) -> Result:
        return self._database.read(lambda session: method(self, session, *arguments, **named))

    return with_session


def writes(
    method: Callable[Concatenate[Part, Session, Arguments], Result],
) -> Callable[Concatenate[Part, Arguments], Result]:
    """A part's method that is one transaction, as `Database.write` has it."""

    @functools.wraps(method)
    def in_transaction(self: Part, /, *arguments: Arguments.args, **named: Arguments.kwargs) -> Result:
        return self._database.write(lambda session: method(self, session, *arguments, **named))

    return in_transaction


def _version_in(session: Session) -> int | None:
    return session.scalars(select(func.max(SchemaVersion.version))).one()


def _is_worth_another_try(error: exc.DBAPIError) -> bool:
    """True if another program inserted the same row, or PostgreSQL chose us of two that waited for each other."""
    return isinstance(error, exc.IntegrityError) or getattr(error.orig, "sqlstate", None) == _DEADLOCK


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
