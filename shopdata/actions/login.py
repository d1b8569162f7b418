"""How `scrapy login` signs a shop in."""

from __future__ import annotations

import argparse
import asyncio
import difflib
import logging
import sys
from collections.abc import Mapping
from functools import partial
from typing import Any

from shopdata.config import Config, Shop
from shopdata.exceptions import ArgumentError, LedgerError, ShopdataError, UsageError
from shopdata.login import SignedIn
from shopdata.login.by_hand import sign_in_by_hand
from shopdata.login.identity import describe
from shopdata.login.sessions import PLAIN
from shopdata.workspace import Workspace


def login(name: str, opts: argparse.Namespace, settings: Mapping[str, Any]) -> int:
    """Signs in the shop of this id and says what came of it; returns the exit code."""
    # The log is off: a person is here. What is odd about browser or device they should hear of.
    logging.getLogger("shopdata.login.starting").addHandler(logging.StreamHandler())
    logging.getLogger("shopdata.login.devices").addHandler(logging.StreamHandler())
    try:
        workspace = Workspace.from_settings(settings)
        shop = _shop(workspace.config, name)
        if not workspace.sessions.secret_key:
            print(PLAIN, file=sys.stderr)
        signed_in = asyncio.run(_sign_in(workspace, shop, opts, settings["SHOPDATA_BROWSER_PATH"]))
    except (ShopdataError, EOFError) as error:
        print("No SMS code was given." if isinstance(error, EOFError) else error, file=sys.stderr)
        return 2 if isinstance(error, UsageError | LedgerError) else 1
    print(f"{shop.id}: signed in, the session is saved. The portal says: {describe(signed_in.identity)}.")
    return 0


async def _sign_in(workspace: Workspace, shop: Shop, opts: argparse.Namespace, browser_path: str | None) -> SignedIn:
    async with workspace.sessions.lock(shop):
        if opts.new_device:
            workspace.devices.forget(shop)
        new = await sign_in_by_hand(
            shop,
            workspace.config.portal(shop.platform),
            devices=workspace.devices,
            browser_path=browser_path,
            is_headed=opts.headed,
            ask_code=lambda: input(f"SMS code for {shop.name}: "),
            # Whoever reads it through a pipe is waited for as well.
            tell=partial(print, flush=True),
        )
        workspace.check_identity(shop, new.identity, is_accepted=opts.accept_identity)
        workspace.sessions.save(shop, new.cookies, user_agent=new.user_agent, identity=new.identity)
    return new


def _shop(config: Config, name: str) -> Shop:
    known = {shop.id: shop for shop in config.shops}
    if name not in known:
        close = difflib.get_close_matches(name, known, n=1)
        todo = f"Did you mean {close[0]!r}?" if close else f"Known: {', '.join(list(known)[:10])}."
        raise ArgumentError(f"there is no shop {name!r}", where="shops.yaml", todo=todo)
    return known[name]
