"""The shops: which there are and where each is kept, one of them as a form, and the workbook to fill in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from shopdata.config import Config, Shop
from shopdata.service.board import grid
from shopdata.service.board.addresses import checked_id
from shopdata.service.board.answers import Answer, PageNotFoundError, disposition
from shopdata.service.board.rendering import RenderedPage
from shopdata.service.board.sources import Sources
from shopdata.service.board.visit import Visit
from shopdata.shops import Entry
from shopdata.shops.template import template

_WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True)
class ShopLine:
    """One shop. `kind`: done (collected), moving (disabled), trouble (kept, but shops.yaml counts)."""

    shop: str
    name: str
    platform: str
    datasets: tuple[str, ...] | None
    owner: str
    since: str
    kind: str
    is_kept: bool

    @classmethod
    def of_yaml(cls, shop: Shop) -> ShopLine:
        """One of shops.yaml."""
        since = str(shop.since) if shop.since is not None else ""
        kind = "done" if shop.enabled else "moving"
        return cls(shop.id, shop.name, shop.platform, shop.datasets, shop.owner or "", since, kind, is_kept=False)

    @classmethod
    def of_entry(cls, entry: Entry, config: Config) -> ShopLine:
        """One of the ledger."""
        kind = "trouble" if entry.id in config.overruled else "done" if entry.is_enabled else "moving"
        facts = (entry.datasets, entry.owner, entry.since)
        return cls(entry.id, entry.name, entry.platform, *facts, kind, is_kept=True)


@dataclass(frozen=True)
class ShopForm:
    """What a form shows: the shop that it changes, None for a new one; what was typed; what is wrong, by field."""

    entry: Entry | None = None
    typed: Mapping[str, str] = field(default_factory=dict)
    wrong: Mapping[str, str] = field(default_factory=dict)
    #: What is wrong and belongs to no field.
    general: Sequence[str] = ()

    def value(self, name: str) -> str:
        """Of a field; never of a user name that is kept, and never of a password."""
        if name in self.typed:
            return self.typed[name]
        return str(getattr(self.entry, name, "") or "") if self.entry is not None else ""

    def has(self, dataset: str) -> bool:
        """True for a dataset that is ticked; none of them means all."""
        if self.typed:
            return bool(self.typed.get(f"dataset-{dataset}"))
        return self.entry is not None and dataset in (self.entry.datasets or ())


def page(sources: Sources, visit: Visit) -> RenderedPage:
    """Those of shops.yaml first. `?show=` and `?q=` narrow them."""
    config, book = sources.config(), sources.workspace.shop_book
    lines = [ShopLine.of_yaml(shop) for shop in config.shops if shop.id not in config.kept]
    lines += [ShopLine.of_entry(entry, config) for entry in book.entries()]
    return RenderedPage(
        "shops",
        visit.texts("menu.shops"),
        "shops",
        {
            "lines": lines,
            "counts": grid.count_kinds(lines),
            "filter": grid.Filter.of(visit),
            "contracts": config.datasets,
            "has_key": bool(book.secret_key),
            "renames": sources.renames.recent(),
            "problem": sources.config_problem,
        },
    )


def new(sources: Sources, visit: Visit) -> RenderedPage:
    """An empty form."""
    return form_page(sources, visit, ShopForm())


def one(sources: Sources, visit: Visit, shop_id: str) -> RenderedPage:
    """The form of a kept shop. Raises PageNotFoundError."""
    return form_page(sources, visit, ShopForm(entry_of(sources, shop_id)))


def entry_of(sources: Sources, shop_id: str) -> Entry:
    """A kept shop. Raises PageNotFoundError."""
    found = [entry for entry in sources.workspace.shop_book.entries() if entry.id == checked_id(shop_id)]
    if not found:
        raise PageNotFoundError
    return found[0]


def form_page(sources: Sources, visit: Visit, form: ShopForm) -> RenderedPage:
    """A form, as it was opened or as it was sent."""
    config, entry = sources.config(), form.entry
    title = visit.texts("shops_page.new") if entry is None else entry.name
    platforms = [name for name in config.portals if entry is None or name == entry.platform]
    return RenderedPage(
        "shop",
        title,
        "shops",
        {
            "form": form,
            "entry": entry,
            "platforms": platforms,
            "datasets": {name: one for name, one in config.datasets.items() if one.platform in platforms},
            "has_key": bool(sources.workspace.shop_book.secret_key),
            "is_overruled": entry is not None and entry.id in config.overruled,
        },
    )


def workbook(sources: Sources, visit: Visit) -> Answer:
    """The workbook to fill in, in the reader's language."""
    name = f"{visit.texts('shop_sheet.shops')}.xlsx"
    headers = {"Content-Disposition": disposition(name)}
    return Answer(template(visit.texts, sources.config()), content_type=_WORKBOOK, headers=headers)
