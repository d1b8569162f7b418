"""What `scrapy shops` does with an id, and says of it."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from shopdata.actions.names import as_dataset
from shopdata.actions.printing import print_table
from shopdata.actions.recorded_run import carry_out
from shopdata.arguments import read_days
from shopdata.config import Config, Shop, load_config
from shopdata.exceptions import ArgumentError, ShopdataError
from shopdata.lake.shop_ids import Changed, Place, ShopIds
from shopdata.periods import Period, is_between
from shopdata.run_ids import new_run_id
from shopdata.sessions.handing_on import forget, hand_on, names_of
from shopdata.shops import Entry
from shopdata.store.keys import is_id
from shopdata.wording import Texts
from shopdata.workspace import Workspace


def list_ids(workspace: Workspace) -> int:
    """Prints every id that there ever was; returns the exit code. Raises ShopdataError."""
    t, known = workspace.texts, {(one.platform, one.id): one for one in workspace.ledger.moves.ids()}
    # Also where no key is set that opens the kept ones.
    own, entries = load_config(needs_shops=False, needs_values=False).shops, workspace.shop_book.entries()
    names = {shop.name for shop in own}
    shops = {(entry.platform, entry.id): _Use.of_entry(entry) for entry in entries if entry.name not in names}
    shops |= {(str(shop.platform), shop.id): _Use.of_shop(shop) for shop in own}
    kept = {tuple(key.split("_", 1)) for key in workspace.identities.known()}
    keys = ("name", "kept_in", "owner", "periods", "first", "last", "account")
    heads = [t("head.platform"), "id", *(t(f"shops.{key}") for key in keys)]
    rows = []
    for platform, shop_id in sorted({*known, *shops, *kept}):
        one, use = known.get((platform, shop_id)), shops.get((platform, shop_id), _Use())
        name = use.name or (one.name if one is not None else "")
        place = use.place or t("shops.in_ledger")
        if not use.is_enabled:
            place = t("shops.disabled_in", place=place)
        periods = (str(one.periods), one.first, one.last) if one is not None else ("0", "", "")
        account = workspace.identities.describe(platform, shop_id)
        rows.append((platform, shop_id, name, place, use.owner, *periods, account))
    print_table(heads, rows, right=[5])
    ids = {shop.id for shop in own}
    if passed_over := [entry.id for entry in entries if entry.id in ids or entry.name in names]:
        print(t("shops.overruled", shops=t("format.listed").join(passed_over)))
    return 0


@dataclass(frozen=True)
class _Use:
    """Where a shop stands, "" for the ledger, and whether it is collected."""

    name: str = ""
    place: str = "-"
    is_enabled: bool = True
    owner: str = ""

    @classmethod
    def of_entry(cls, entry: Entry) -> _Use:
        return cls(entry.name, "", entry.is_enabled, entry.owner)

    @classmethod
    def of_shop(cls, shop: Shop) -> _Use:
        return cls(shop.name, "shops.yaml", shop.enabled, shop.owner or "")


def rename(workspace: Workspace, old: str, new: str, opts: argparse.Namespace) -> int:
    """Hands all that is an id's on to another; returns the exit code. Raises ShopdataError."""
    if opts.date or opts.start or opts.end or opts.dataset or opts.all:
        raise ArgumentError("a shop is renamed in all periods", where="shops rename", todo="Leave the days out.")
    for shop_id in (old, new):
        if not is_id(shop_id):
            raise ArgumentError(
                "this can't be a shop's id", found=repr(shop_id), expected="a text like `flagship-2`", todo="Fix it."
            )
    if old == new:
        raise ArgumentError("the two ids are the same", where=old, todo="Name the old id, then the new one.")
    asked = {"rename": old, "to": new}
    found = _platforms(workspace, old)
    if not found and any(run.spider == "shops" and run.arguments == asked for run in workspace.ledger.runs()):
        print(workspace.texts("shops.nothing_left", old=old, new=new))
        return 0
    platform = _platform(found, old, opts.platform)
    _refuse_other_platform(workspace.config, new, platform)
    ids = _shop_ids(workspace, platform)
    places = ids.places(old)
    if opts.dry_run:
        return _show(workspace.texts, places)
    if old in workspace.config.kept:
        # First, as with shops.yaml: what is published anew asks the configuration what the new id is called.
        workspace.shop_book.rename(old, new)
        workspace = replace(workspace)
        ids = _shop_ids(workspace, platform)
    done = _carry_out(workspace, ids, asked, ids.change(old, new, places))
    if done == 0:
        # Last: as long as a period is left, the old id is still known by its account.
        hand_on(workspace.kept_sessions, platform, old, new)
        workspace.ledger.session_lives.hand_on(platform, old, new)
        workspace.identities.rename(platform, old, new)
        for shop in workspace.config.shops:
            if shop.id == new:
                workspace.sessions.unpark(shop)
        key = "shops.renamed_kept" if new in workspace.config.kept else "shops.renamed"
        print(workspace.texts(key, old=old, new=new, n=len(places)))
    return done


def remove(workspace: Workspace, shop_id: str, opts: argparse.Namespace) -> int:
    """Takes an id out of the periods that are named; returns the exit code. Raises ShopdataError."""
    has_days = opts.date is not None or opts.start is not None or opts.end is not None
    if not has_days and not opts.all and opts.dataset is None and workspace.shop_book.has(shop_id):
        return _forget(workspace, shop_id)
    if has_days == opts.all:
        raise ArgumentError(
            "say from which days the shop is to be taken out",
            where="shops remove",
            found="--all and days" if opts.all else "no day",
            expected="--date, or --start and --end; or --all",
            todo="Give one of them.",
        )
    wanted = None if opts.dataset is None else as_dataset(workspace.config, opts.dataset)
    platform = _platform(_platforms(workspace, shop_id), shop_id, opts.platform)
    ids = _shop_ids(workspace, platform)
    places = [place for place in ids.places(shop_id, wanted) if opts.all or _is_meant(workspace.config, place, opts)]
    if opts.dry_run:
        return _show(workspace.texts, places)
    if opts.all and opts.dataset is None and workspace.shop_book.has(shop_id):
        # Before its days: no crawl may bring them back meanwhile.
        workspace.shop_book.remove(shop_id)
        workspace = replace(workspace)
        ids = _shop_ids(workspace, platform)
    done = _carry_out(workspace, ids, {"remove": shop_id}, ids.change(shop_id, None, places))
    is_configured = any(shop.id == shop_id and shop.platform == platform for shop in workspace.config.shops)
    if done == 0 and opts.all and opts.dataset is None:
        workspace.identities.forget(platform, shop_id)
        if not is_configured:
            forget(workspace.kept_sessions, platform, shop_id)
    if done == 0:
        print(workspace.texts("shops.removed", shop=shop_id, n=len(places)))
        if is_configured:
            print(workspace.texts("shops.still_configured"))
    return done


def _forget(workspace: Workspace, shop_id: str) -> int:
    """Takes a kept shop out of the ledger, with all that signs it in; its days stay."""
    t, book = workspace.texts, workspace.shop_book
    (entry,) = [entry for entry in book.entries() if entry.id == shop_id]
    book.remove(shop_id)
    if all(shop.id != shop_id for shop in load_config(needs_shops=False, needs_values=False).shops):
        forget(workspace.kept_sessions, entry.platform, shop_id)
    print(t("shops.forgotten", shop=shop_id))
    return 0


def _is_meant(config: Config, place: Place, opts: argparse.Namespace) -> bool:
    dataset = config.dataset(place.dataset)
    start, end, period = read_days(dataset, opts)
    found = Period.from_dt(place.dt)
    return found == period if period is not None else is_between(dataset.period, found, start, end)


def _platforms(workspace: Workspace, shop_id: str) -> set[str]:
    """On which platforms an id was, by all that is known of it."""
    found: set[str] = {one.platform for one in workspace.ledger.moves.ids() if one.id == shop_id}
    found.update(shop.platform for shop in workspace.config.shops if shop.id == shop_id)
    platforms = {dataset.platform for dataset in workspace.config.datasets.values()}
    kept = workspace.kept_sessions
    found.update(p for p in platforms if f"{p}_{shop_id}" in workspace.identities.known())
    found.update(p for p in platforms if names_of(kept, p, shop_id))
    # The ledger may be lost: the bucket knows it still.
    return found or {p for p in platforms if _shop_ids(workspace, p).places(shop_id)}


def _platform(found: set[str], shop_id: str, given: str | None) -> str:
    """The one that is meant. Raises ArgumentError."""
    if given is not None and given in found:
        return given
    if len(found) == 1 and given is None:
        return next(iter(found))
    raise ArgumentError(
        f"the shop id {shop_id!r} is on other platforms" if found else f"nobody knows a shop id {shop_id!r}",
        where="--platform" if found else "shops",
        found=", ".join(sorted(found)),
        expected="one that is named with `--platform`" if found else "an id of shops.yaml, the ledger or the bucket",
        todo="Add `--platform`, with one of them." if found else "`scrapy shops list` shows all ids that there were.",
    )


def _refuse_other_platform(config: Config, new: str, platform: str) -> None:
    for shop in config.shops:
        if shop.id == new and shop.platform != platform:
            raise ArgumentError(
                "a shop can't be handed on to another platform",
                where=f"shops.yaml, shop {new!r}",
                found=shop.platform,
                expected=platform,
                todo="Choose an id of its own for it.",
            )


def _shop_ids(workspace: Workspace, platform: str) -> ShopIds:
    return ShopIds(platform, new_run_id(), workspace.lake, workspace.lease_seconds)


def _show(t: Texts, places: Sequence[Place]) -> int:
    for place in places:
        print(f"{place.dataset} {place.dt}")
    print(t("shops.only_shown", n=len(places)))
    return 0


def _carry_out(
    workspace: Workspace,
    ids: ShopIds,
    arguments: dict[str, str],
    results: Iterator[tuple[Place, Changed | ShopdataError]],
) -> int:
    """Prints what came of each period; the exit code."""
    t = workspace.texts
    told = (
        (t("shops.period", dataset=place.dataset, dt=place.dt, what=_told(t, result)), isinstance(result, Changed))
        for place, result in results
    )
    exit_code = carry_out(workspace.ledger, ids.run_id, "shops", arguments, told)
    if exit_code:
        print(t("shops.unfinished"))
    return exit_code


def _told(t: Texts, result: Changed | ShopdataError) -> str:
    if isinstance(result, ShopdataError):
        return t("shops.failed", why=result)
    if result.rows is None:
        return t("shops.not_published")
    return t("shops.published_anew", rows=result.rows, shops=result.shops)
