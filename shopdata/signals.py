"""Signals between packages that do not import each other. Arguments are keywords; receivers may take fewer."""

from __future__ import annotations

#: The run knows what it will ask: `plan` (`plan.Plan`), `todo` (list of (dt, shop id) still to be asked).
run_planned = object()

#: A cell moved: `dataset`, `dt`, `shop` (id), `step` (a word for people: sign in, create, wait, download, …).
cell_stepped = object()

#: A shop is at something that is no single cell's: `shop` (id), `step` (signing in, …; "" if it is not any more).
shop_stepped = object()

#: A cell reached a state: `dataset`, `dt`, `shop`, `state` (`CellState`), `reason` (`Reason`), `rows` (or None).
cell_settled = object()

#: A partition was published: `partition` (the item, its receipt complete).
partition_published = object()

#: A shop has a session, or will need none in this run: `shop`. SessionMiddleware closes the browser after the last.
shop_signed_in = object()
