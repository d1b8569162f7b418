"""The file of users: a line each, `NAME:ROLE:HASH`. Only its owner can read it."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from shopdata.exceptions import DiskError, UsageError
from shopdata.files import alone, as_disk_error, write_private
from shopdata.service.people.hashed import is_hash
from shopdata.service.people.roles import Role

logger = logging.getLogger(__name__)

_HEAD = "# Who may use the service. Made by `scrapy users`, which says what each role may do.\n"


@dataclass(frozen=True)
class User:
    """One line."""

    name: str
    role: Role
    #: What is kept of the password.
    kept: str = field(repr=False)

    @property
    def line(self) -> str:
        return f"{self.name}:{self.role}:{self.kept}"


class UsersFile:
    """Read anew whenever it has changed, by whichever process; changed by one at a time."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._users: Mapping[str, User] = {}
        self._seen: object = None

    def users(self) -> Mapping[str, User]:
        """All of them by name, as the file stands now; a line that can't be read is nobody's, and is told once."""
        seen = self._signature()
        if seen != self._seen:
            try:
                users, problems = self._read()
            except DiskError as error:
                users, problems = {}, [str(error)]
            for problem in problems:
                logger.error("%s: %s Nobody can sign in by it.", self.path, problem)
            self._users, self._seen = users, seen
        return self._users

    def change(self, work: Callable[[dict[str, User]], None]) -> None:
        """Lets `work` change the users, and writes them.

        Raises:
            UsageError: a line can't be read, and would be lost.
            DiskError: the file can't be written.
        """
        with alone(self.path.with_name(f"{self.path.name}.lock")):
            users, problems = self._read()
            if problems:
                raise UsageError(
                    "the file of users is damaged",
                    where=str(self.path),
                    found=problems[0],
                    todo="Fix the line, or take it out and add the user again.",
                )
            work(users)
            lines = [_HEAD, *(f"{user.line}\n" for user in users.values())]
            write_private(self.path, "".join(lines).encode())

    def _signature(self) -> object:
        try:
            about = os.stat(self.path)  # noqa: PTH116 - at each request
        except OSError:
            return None
        return about.st_mtime_ns, about.st_size, about.st_ino

    def _read(self) -> tuple[dict[str, User], list[str]]:
        """Users, and what is wrong with other lines."""
        with as_disk_error(self.path):
            try:
                content = self.path.read_bytes()
            except FileNotFoundError:
                return {}, []
        return read_lines(content.decode("utf-8", "replace").splitlines())


def read_lines(lines: Iterable[str]) -> tuple[dict[str, User], list[str]]:
    """What lines say, and of each that says nothing a sentence that quotes none of it."""
    users: dict[str, User] = {}
    problems = []
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.startswith("#"):
            continue
        name, _, rest = line.strip().partition(":")
        role, _, kept = rest.partition(":")
        if not name or role not in tuple(Role) or not is_hash(kept):
            problems.append(f"line {number} is not NAME:ROLE:HASH.")
        elif name in users:
            problems.append(f"line {number} has a name that stands above already.")
        else:
            users[name] = User(name, Role(role), kept)
    return users, problems
