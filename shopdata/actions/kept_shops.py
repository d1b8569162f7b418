"""What `scrapy shops` does with shops that are kept in the ledger: enters, changes, disables, encrypts anew."""

from __future__ import annotations

import argparse
import getpass
import sys
from pathlib import Path

from shopdata.actions.printing import print_line, say
from shopdata.config import Config, load_config
from shopdata.exceptions import ArgumentError, RejectedFileError
from shopdata.files import as_disk_error, write_durably
from shopdata.private import as_the_user_wants
from shopdata.sessions.rekeying import rekey_files
from shopdata.sessions.row_place import rekey_rows
from shopdata.shops.entered import typed
from shopdata.shops.fields import FIELDS, field_title
from shopdata.shops.planning import Plan
from shopdata.shops.sheet import ShopList, read_list
from shopdata.shops.template import template
from shopdata.wording import Texts
from shopdata.workspace import Workspace


def make_template(workspace: Workspace, path: Path) -> int:
    """Writes the workbook to begin with; returns the exit code. Raises ShopdataError."""
    if path.exists():
        raise ArgumentError("there is a file of this name", where=str(path), todo="Name another one.")
    content = template(workspace.texts, _files_only())
    with as_disk_error(path), as_the_user_wants():
        write_durably(path, content)
    say(workspace.texts, "shops.template_made", path=path)
    return 0


def import_list(workspace: Workspace, path: Path, opts: argparse.Namespace) -> int:
    """Enters the shops of a file, all or none; returns the exit code. Raises ShopdataError."""
    return _enter(workspace, _read(path), may_change=opts.update, is_rehearsal=opts.dry_run)


def add(workspace: Workspace, shop_id: str, opts: argparse.Namespace) -> int:
    """Enters one shop, "" for one that is to be given an id; returns the exit code. Raises ShopdataError."""
    texts = _given(opts) | {"id": shop_id}
    if not opts.dry_run:
        _require_new(workspace, shop_id)
    called = shop_id or texts.get("name", "")
    if "username" not in texts:
        texts["username"] = _ask_username(workspace.texts, called)
    texts["password"] = _ask_secret(
        workspace.texts, "shops.ask_password", is_from_input=opts.password_stdin, shop=called
    )
    return _enter(workspace, ShopList([typed(texts)]), may_change=False, is_rehearsal=opts.dry_run)


def edit(workspace: Workspace, shop_id: str, opts: argparse.Namespace) -> int:
    """Changes some of a shop; returns the exit code. Raises ShopdataError."""
    texts = _given(opts)
    if opts.password or opts.password_stdin:
        texts["password"] = _ask_secret(
            workspace.texts, "shops.ask_password", is_from_input=opts.password_stdin, shop=shop_id
        )
    if not texts:
        raise ArgumentError(
            "nothing is to be changed",
            where="shops edit",
            expected="--name, --username, --password, --datasets, --owner, --group, --since, --portal-name "
            "or --account-shop",
            todo="Give what is to be another; - takes one back that may be left out.",
        )
    rows = ShopList([typed(texts | {"id": shop_id})])
    return _enter(workspace, rows, may_change=True, is_rehearsal=opts.dry_run, only=shop_id)


def set_enabled(workspace: Workspace, shop_id: str, *, is_enabled: bool) -> int:
    """Lets a shop be collected, or not; returns the exit code. Raises ShopdataError."""
    _refuse_of_yaml(workspace, shop_id, "enabled: true" if is_enabled else "enabled: false")
    workspace.shop_book.set_enabled(shop_id, is_enabled=is_enabled)
    say(workspace.texts, "shops.now_enabled" if is_enabled else "shops.now_disabled", shop=shop_id)
    return 0


def rekey(workspace: Workspace, opts: argparse.Namespace) -> int:
    """Encrypts all with the key that is set now; returns the exit code. Raises ShopdataError."""
    old = _ask_secret(workspace.texts, "shops.ask_old_key", is_from_input=opts.password_stdin, is_once=True)
    count = workspace.shop_book.rekey(old)
    key = workspace.secret_key or ""
    files = rekey_files(workspace.state_dir / "sessions", old, key) + rekey_rows(workspace.ledger.sessions, old, key)
    say(workspace.texts, "shops.rekeyed" if count or files else "shops.rekeyed_before", shops=count, files=files)
    return 0


def _files_only() -> Config:
    """Without the kept shops, which may be what can't be opened, and before anybody has set up where files go."""
    return load_config(needs_shops=False, needs_values=False)


def _read(path: Path) -> ShopList:
    try:
        return read_list(path)
    except OSError as error:
        raise ArgumentError(
            "the file can't be read",
            where=str(path),
            found=error.strerror or type(error).__name__,
            todo="Name the list of shops.",
        ) from None
    except RejectedFileError as error:
        raise ArgumentError(
            error.what, where=error.where, found=error.found, expected=error.expected, todo=error.todo
        ) from None


def _enter(
    workspace: Workspace, rows: ShopList, *, may_change: bool, is_rehearsal: bool, only: str | None = None
) -> int:
    t, book, config = workspace.texts, workspace.shop_book, _files_only()
    is_only_looked_at = is_rehearsal or bool(rows.mistakes)
    plan = (book.plan if is_only_looked_at else book.enter)(rows.rows, config, may_change=may_change, only=only)
    mistakes = sorted([*rows.mistakes, *plan.mistakes], key=lambda one: one.place.order)
    for hint in (*rows.hints, *plan.hints):
        print(hint.text(t), file=sys.stderr)
    for mistake in mistakes:
        print(mistake.text(t), file=sys.stderr)
    if mistakes:
        print(t("shops.mistakes", n=len(mistakes)), file=sys.stderr)
        return 2
    _show(t, plan)
    counts = {"new": plan.count("new"), "changed": plan.count("changed"), "same": plan.count("same")}
    say(t, "shops.would_enter" if is_rehearsal else "shops.entered", **counts)
    return 0


def _show(t: Texts, plan: Plan) -> None:
    for planned in plan.shops:
        shop = planned.shop
        if planned.kind == "new":
            print_line(t("shops.line_new", shop=shop.id, name=shop.name))
        elif planned.kind == "changed":
            fields = t("format.listed").join(field_title(t, name) for name in planned.fields)
            print_line(t("shops.line_changed", shop=shop.id, name=shop.name, fields=fields))


def _given(opts: argparse.Namespace) -> dict[str, str]:
    names = [name for name in FIELDS if name not in ("id", "password", "enabled")]
    found = {name: getattr(opts, name) for name in names}
    return {name: text for name, text in found.items() if text is not None}


def _require_new(workspace: Workspace, shop_id: str) -> None:
    """Before a password is asked for."""
    if workspace.shop_book.has(shop_id):
        raise ArgumentError(
            "this shop is kept already", where=shop_id, todo=f"Change it with `scrapy shops edit {shop_id}`."
        )


def _refuse_of_yaml(workspace: Workspace, shop_id: str, line: str) -> None:
    if any(shop.id == shop_id for shop in _files_only().shops):
        raise ArgumentError(
            "this shop stands in shops.yaml, and that counts", where=shop_id, todo=f"Write `{line}` there."
        )


def _ask_username(t: Texts, shop_id: str) -> str:
    _require_terminal("--username")
    return input(t("shops.ask_username", shop=shop_id))


def _ask_secret(t: Texts, key: str, *, is_from_input: bool, is_once: bool = False, **values: object) -> str:
    """What nobody may see: typed twice without being shown, or a line of the input."""
    if is_from_input:
        return sys.stdin.readline().rstrip("\r\n")
    _require_terminal("--password-stdin")
    first = getpass.getpass(t(key, **values))
    if not is_once and getpass.getpass(t("shops.ask_again")) != first:
        raise ArgumentError("the two are not the same", where="the password", todo="Run the command again.")
    return first


def _require_terminal(option: str) -> None:
    if sys.stdin is None or not sys.stdin.isatty():
        raise ArgumentError(
            "there is no terminal to ask at", where="the command's input", expected=option, todo=f"Give {option}."
        )
