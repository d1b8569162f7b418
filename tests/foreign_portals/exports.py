"""What a person exports from the two portals, click by click, and what is to come of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from playwright.sync_api import Page

_EXPORTER = "/control/event/tea/fair/orders/export/?identifier="


@dataclass(frozen=True)
class Export:
    """One report of a portal.

    Args:
        show: exports one day from anywhere in the portal; the file comes of the last click.
        kind: how the file is called by its content.
        refused: where no recipe is to follow, the reason; where one follows that says of itself that it can't be asked
            for another day, `no_day`.
    """

    portal: str
    name: str
    show: Callable[[Page, str, date], None]
    kind: str
    refused: str = ""

    @property
    def dataset(self) -> str:
        return f"{self.portal}_{self.name}"


def _of_pretix(exporter: str, kind: str, *, clear: tuple[str, ...] = ()) -> Callable[[Page, str, date], None]:
    """One of pretix's exporters, for a date range of its own that is one day."""

    def show(page: Page, origin: str, day: date) -> None:
        page.goto(f"{origin}{_EXPORTER}{exporter}")
        page.select_option(f"#id_{exporter}-_format", kind)
        page.select_option(f"#id_{exporter}-date_range_0", "custom")
        for number in (1, 2):
            page.fill(f"#id_{exporter}-date_range_{number}", f"{day:%Y-%m-%d}")
            # Its calendar closes, and writes it in the page's language.
            page.press(f"#id_{exporter}-date_range_{number}", "Tab")
        for box in clear:
            page.uncheck(f"#id_{exporter}-{box}")
        page.click("form button.btn-save")

    return show


def _of_redmine(
    path: str, field: str, operator: str, *, others: tuple[str, ...] = ()
) -> Callable[[Page, str, date], None]:
    """A list of Redmine's, filtered by a day, as CSV.

    Args:
        others: filters that are there and are taken away.
    """

    def show(page: Page, origin: str, day: date) -> None:
        page.goto(f"{origin}/projects/workshop/{path}?set_filter=1")
        for other in others:
            page.uncheck(f"#cb_{other}")
        if not page.locator(f"#cb_{field}").count():
            page.select_option("#add_filter_select", field)
        page.select_option(f"#operators_{field}", operator)
        for number in range(1, {"=": 2, "><": 3}.get(operator, 1)):
            page.fill(f"#values_{field}_{number}", f"{day:%Y-%m-%d}")
        page.click("#query_form .buttons a.icon-checked")
        page.wait_for_load_state("load")
        page.click("a.csv")
        page.select_option("#csv-export-form select[name=encoding]", "UTF-8")
        page.click("#csv-export-form input[type=submit]")

    return show


def _pretix_page(page: Page, origin: str, day: date) -> None:
    """The list of orders as a page: rows that are in no data and in no file."""
    page.goto(f"{origin}/control/event/tea/fair/orders/?created_from={day}T00:00&created_to={day}T23:59")
    page.wait_for_load_state("load")


EXPORTS = (
    Export("pretix", "orders", _of_pretix("orderlist", "xlsx", clear=("paid_only",)), "xlsx"),
    Export("pretix", "positions", _of_pretix("orderlist", "positions:excel", clear=("paid_only",)), "csv"),
    Export("pretix", "transactions", _of_pretix("transactions", "default"), "csv"),
    Export("pretix", "page", _pretix_page, "", refused="no_file"),
    Export("redmine", "issues", _of_redmine("issues", "created_on", "=", others=("status_id",)), "csv"),
    Export("redmine", "updated", _of_redmine("issues", "updated_on", "><", others=("status_id",)), "csv"),
    Export("redmine", "hours", _of_redmine("time_entries", "spent_on", "="), "csv"),
    Export("redmine", "yesterday", _of_redmine("time_entries", "spent_on", "ld"), "csv", refused="no_day"),
)
