"""What `scrapy users` does. Whoever may write the state directory may do it, and it is kept who did."""

from __future__ import annotations

import argparse
import getpass
import sys
from collections.abc import Mapping
from typing import Any

from shopdata.actions.printing import print_table, say
from shopdata.exceptions import ArgumentError, LedgerError
from shopdata.ledger.acts import Act
from shopdata.service.options import ServiceOptions
from shopdata.service.people.passwords import new_password
from shopdata.service.people.roles import Role
from shopdata.service.people.users import Users, check_password, checked_name
from shopdata.texts import did_you_mean
from shopdata.wording.language import terminal_texts
from shopdata.workspace import Workspace

Settings = Mapping[str, Any]

#: Longer than any that a person types.
_MOST_LETTERS = 1000


def show(settings: Settings) -> int:
    """Prints all users; returns the exit code, as all of these do. Raises ShopdataError, as all of these do."""
    t, users = terminal_texts(settings), _users(settings)
    rows = [(users.single, Role.ADMINISTER.value, t("role.administer"), t("users.of_settings"))]
    rows += [(user.name, user.role.value, t(f"role.{user.role}"), "") for user in users.file.users().values()]
    print_table([t("head.user"), t("head.role"), t("head.may"), ""], rows)
    return 0


def add(settings: Settings, name: str, opts: argparse.Namespace) -> int:
    """A new user."""
    users, role = _users(settings), read_role(opts.role)
    name = checked_name(name)
    password = _password(settings, name, opts)
    users.add(name, role, password)
    say(terminal_texts(settings), "users.added", name=name, role=role)
    _show(settings, name, password, opts)
    _note(settings, "user_add", name, role=role.value)
    return 0


def set_role(settings: Settings, name: str, written: str | None) -> int:
    """Another role."""
    role = read_role(written)
    _users(settings).set_role(name, role)
    say(terminal_texts(settings), "users.role_changed", name=name, role=role)
    _note(settings, "user_role", name, role=role.value)
    return 0


def set_password(settings: Settings, name: str, opts: argparse.Namespace) -> int:
    """Another password."""
    users = _users(settings)
    users.check_is_there(name)
    password = _password(settings, name, opts)
    users.set_password(name, password)
    say(terminal_texts(settings), "users.password_changed", name=name)
    _show(settings, name, password, opts)
    _note(settings, "user_password", name)
    return 0


def remove(settings: Settings, name: str) -> int:
    """One user less."""
    _users(settings).remove(name)
    say(terminal_texts(settings), "users.removed", name=name)
    _note(settings, "user_remove", name)
    return 0


def read_role(written: str | None) -> Role:
    """A role as people type it. Raises ArgumentError."""
    try:
        return Role(written or "")
    except ValueError:
        raise ArgumentError(
            "there is no such role" if written else "a user has a role",
            where="--role",
            found=repr(written) if written else "none",
            expected=", ".join(Role),
            todo=did_you_mean(written or "", Role, "Say which."),
        ) from None


def _users(settings: Settings) -> Users:
    return ServiceOptions.from_settings(settings).users


def _password(settings: Settings, name: str, opts: argparse.Namespace) -> str:
    """From standard input, from the keyboard, or a new one."""
    if opts.generate and opts.password_stdin:
        raise ArgumentError("a password is either made or read", where="--generate", todo="Leave one of the two out.")
    t = terminal_texts(settings)
    if opts.generate:
        return new_password(name)
    if opts.password_stdin:
        return sys.stdin.readline(_MOST_LETTERS).rstrip("\r\n")
    if not sys.stdin.isatty():
        raise ArgumentError(
            "nobody sits here who could type a password",
            where="standard input",
            todo="Use --generate, or --password-stdin with the password in standard input.",
        )
    password = getpass.getpass(t("users.ask", name=name))
    # Before it is typed a second time.
    check_password(name, password)
    if getpass.getpass(t("users.ask_again")) != password:
        raise ArgumentError("these were two different passwords", where=name, todo="Run the command again.")
    return password


def _show(settings: Settings, name: str, password: str, opts: argparse.Namespace) -> None:
    """A password that was made here is shown here, and nowhere else."""
    if opts.generate:
        say(terminal_texts(settings), "users.generated", name=name, password=password)


def _note(settings: Settings, code: str, name: str, **params: str) -> None:
    """Into the ledger. What is done is done, also where that can't be written."""
    try:
        with Workspace.from_settings(settings).ledger as ledger:
            ledger.acts.add(Act(user=_whoever_types(), code=code, via="command", target=name, params=params))
    except LedgerError as error:
        print(error, file=sys.stderr)


def _whoever_types() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        # Without an entry among the system's users.
        return "?"
