"""`scrapy login SHOP`: signs a shop in, by hand where the portal asks for it, and saves the session."""

from __future__ import annotations

import argparse
import asyncio
import difflib
import logging
import sys
from functools import partial

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError as ScrapyUsageError

from shopdata.config import Config, Shop
from shopdata.exceptions import ArgumentError, LedgerError, ShopdataError, UsageError
from shopdata.login import SignedIn
from shopdata.login.by_hand import sign_in_by_hand
from shopdata.login.identity import describe
from shopdata.login.sessions import PLAIN
from shopdata.workspace import Workspace


class Command(ScrapyCommand):
    """Exit code 0 if the session is saved, 1 if the portal did not let us in, 2 for wrong arguments."""

    requires_project = True
    default_settings = {"LOG_ENABLED": False}  # noqa: RUF012 - Scrapy reads it off the class

    def syntax(self) -> str:
        return "[options] SHOP"

    def short_desc(self) -> str:
        return "Sign a shop in, by hand where the portal asks for it"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--headed", action="store_true", help="open a window in which a person can finish")
        parser.add_argument(
            "--accept-identity", action="store_true", help="whatever shop the account opens now, it is this one"
        )
        parser.add_argument(
            "--new-device", action="store_true", help="forget the device that the portal knows the shop by"
        )

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        assert self.settings is not None
        if len(args) != 1:
            raise ScrapyUsageError("name one shop")
        # The log is off: a person is here. What is odd about browser or device they should hear of.
        logging.getLogger("shopdata.login.starting").addHandler(logging.StreamHandler())
        logging.getLogger("shopdata.login.devices").addHandler(logging.StreamHandler())
        try:
            workspace = Workspace.from_settings(self.settings)
            shop = _shop(workspace.config, args[0])
            if not workspace.sessions.secret_key:
                print(PLAIN, file=sys.stderr)
            signed_in = asyncio.run(self._sign_in(workspace, shop, opts))
        except (ShopdataError, EOFError) as error:
            print("No SMS code was given." if isinstance(error, EOFError) else error, file=sys.stderr)
            self.exitcode = 2 if isinstance(error, UsageError | LedgerError) else 1
            return
        print(f"{shop.id}: signed in, the session is saved. The portal says: {describe(signed_in.identity)}.")

    async def _sign_in(self, workspace: Workspace, shop: Shop, opts: argparse.Namespace) -> SignedIn:
        assert self.settings is not None
        async with workspace.sessions.lock(shop):
            if opts.new_device:
                workspace.devices.forget(shop)
            new = await sign_in_by_hand(
                shop,
                workspace.config.portal(shop.platform),
                devices=workspace.devices,
                browser_path=self.settings["SHOPDATA_BROWSER_PATH"],
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
