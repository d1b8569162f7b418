"""Users are added, changed and removed: by whoever types `scrapy users`, and on the board."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

from shopdata.exceptions import ArgumentError
from shopdata.service.people.hashed import hashed
from shopdata.service.people.passwords import weakness_of
from shopdata.service.people.roles import Role
from shopdata.service.people.users_file import User, UsersFile
from shopdata.texts import did_you_mean

_NAME = re.compile(r"[^\W_][\w.@-]{0,62}")


class Users:
    """The users of a service, beside the one of its settings.

    Args:
        single: the name of the one whose password the settings have, or the service has made.
    """

    def __init__(self, path: Path, single: str) -> None:
        self.file = UsersFile(path)
        self.single = single

    def add(self, name: str, role: Role, password: str) -> None:
        """A new one. Raises UsageError, DiskError."""
        name = checked_name(name)
        user = User(name, role, self._kept(name, password))

        def work(users: dict[str, User]) -> None:
            taken = next((one for one in (*users, self.single) if one.casefold() == name.casefold()), None)
            if taken is not None:
                why = "the one of the settings" if taken == self.single else "there"
                raise ArgumentError(
                    f"this user is {why} already",
                    where=name,
                    found=repr(taken),
                    todo="Take another name, or change that one: `scrapy users role` and `scrapy users password`.",
                )
            users[name] = user

        self.file.change(work)

    def set_role(self, name: str, role: Role) -> None:
        """Gives a user another role, from their next request on. Raises as `add`."""

        def work(users: dict[str, User]) -> None:
            user = self._known(users, name)
            if not role.includes(Role.ADMINISTER):
                _keep_an_administrator(users, user)
            users[name] = User(name, role, user.kept)

        self.file.change(work)

    def set_password(self, name: str, password: str) -> None:
        """Gives a user another password; browsers that were signed in with the old one are no more. Raises as `add`."""
        self.check_is_there(name)
        kept = self._kept(name, password)

        def work(users: dict[str, User]) -> None:
            users[name] = User(name, self._known(users, name).role, kept)

        self.file.change(work)

    def remove(self, name: str) -> None:
        """Takes a user out, and with them their browsers. Raises as `add`."""

        def work(users: dict[str, User]) -> None:
            _keep_an_administrator(users, self._known(users, name))
            del users[name]

        self.file.change(work)

    def check_is_there(self, name: str) -> None:
        """Raises ArgumentError if there is nobody of this name."""
        self._known(dict(self.file.users()), name)

    def _known(self, users: dict[str, User], name: str) -> User:
        if name in users:
            return users[name]
        if name == self.single:
            raise ArgumentError(
                "this user is not in the file of users",
                where=name,
                found="the one of the settings",
                todo="Change SHOPDATA_SERVICE_USERNAME and SHOPDATA_SERVICE_PASSWORD, and restart the service.",
            )
        raise ArgumentError(
            "there is no such user",
            where=name,
            expected=", ".join(users),
            todo=did_you_mean(name, users, "Fix the name; `scrapy users list` shows all."),
        )

    def _kept(self, name: str, password: str) -> str:
        check_password(name, password)
        return hashed(password)


def checked_name(name: str) -> str:
    """A name that can be typed, written into the file and into an address. Raises ArgumentError."""
    name = unicodedata.normalize("NFC", name)
    if not _NAME.fullmatch(name):
        raise ArgumentError(
            "invalid user name",
            where=name or "the name",
            expected="letters (Chinese too), digits and . _ - @, at most 63, the first a letter or digit",
            todo="Take another one.",
        )
    return name


def check_password(name: str, password: str) -> None:
    """Raises ArgumentError for a password that somebody would guess. It is not in the sentence."""
    weakness = weakness_of(name, password)
    if weakness:
        raise ArgumentError(
            "this password is too weak",
            where=name,
            found=weakness,
            expected="12 letters or more that nobody guesses",
            todo="Take another one, or let one be made (`--generate`).",
        )


def _keep_an_administrator(users: dict[str, User], leaving: User) -> None:
    others = [user for user in users.values() if user.role is Role.ADMINISTER and user.name != leaving.name]
    if leaving.role is Role.ADMINISTER and not others:
        raise ArgumentError(
            "this is the last administrator",
            where=leaving.name,
            todo="Make somebody else one first: `scrapy users role NAME administer`.",
        )
