"""How `scrapy login` signs a shop in."""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
from collections.abc import Mapping
from functools import partial
from typing import Any

from shopdata.actions.printing import say
from shopdata.config import Config, Shop
from shopdata.exceptions import ArgumentError
from shopdata.sessions.checking import SessionState, check_session
from shopdata.sessions.identity import describe
from shopdata.sessions.sign_in import SignedIn, login_for
from shopdata.sessions.sign_in.by_hand import sign_in_by_hand
from shopdata.texts import did_you_mean
from shopdata.workspace import Workspace


def login(name: str, opts: argparse.Namespace, settings: Mapping[str, Any]) -> int:
    """Signs in the shop of this id or name, if its session does not live, and says each step; returns the exit code.

    Raises:
        ShopdataError: it was not signed in.
    """
    # The log is off: a person is here. What is odd about browser or device they should hear of.
    logging.getLogger("shopdata.browser.starting").addHandler(logging.StreamHandler())
    logging.getLogger("shopdata.sessions.devices").addHandler(logging.StreamHandler())
    workspace = Workspace.from_settings(settings)
    shop = _shop(workspace.config, name)
    if opts.board:
        # The service's parts are of no use to the others.
        from shopdata.actions.login_on_board import login_on_board

        return login_on_board(workspace, shop, settings)
    if not workspace.sessions.secret_key:
        print(workspace.texts("sessions.plain"), file=sys.stderr)
    is_wanted = opts.again or opts.new_device or opts.accept_identity
    if not is_wanted and _still_lives(workspace, shop, settings["USER_AGENT"]):
        return 0
    try:
        signed_in = asyncio.run(_sign_in(workspace, shop, opts, settings["SHOPDATA_BROWSER_PATH"]))
    except EOFError:
        print(workspace.texts("login.no_code"), file=sys.stderr)
        return 1
    say(workspace.texts, "login.done", shop=shop.id, who=describe(signed_in.identity))
    return 0


def _still_lives(workspace: Workspace, shop: Shop, user_agent: str) -> bool:
    """Asks the portal about the saved session, where nobody waits for this shop to be signed in.

    Raises:
        OtherKeyError: whether it lives can't be known; signing in anew is for the person to decide.
        WrongShopError: it is that of another shop than before.
        ProxyError, UntrustedError: the portal can't be reached from here as things are.
    """
    t, session = workspace.texts, workspace.sessions.load(shop)
    parked = workspace.sessions.parked(shop)
    if session is None or parked:
        say(t, "login.waits" if parked else "login.no_session", shop=shop.id)
        return False
    say(t, "login.asking", shop=shop.id, time=t.moment(session.saved_at))
    portal = workspace.config.portal(shop.platform)
    state = check_session(shop, portal, session, user_agent)
    workspace.sessions.note_check(shop, state)
    if state is SessionState.ALIVE:
        told_by_cookies = asyncio.run(login_for(shop.platform).identity(session.values(), None, portal))
        workspace.check_identity(shop, {**session.identity, **told_by_cookies})
        say(t, "login.lives", shop=shop.id)
        return True
    say(t, "login.has_ended" if state is SessionState.DEAD else "login.not_said", shop=shop.id)
    return False


async def _sign_in(workspace: Workspace, shop: Shop, opts: argparse.Namespace, browser_path: str | None) -> SignedIn:
    async with workspace.sessions.lock(shop, workspace.config.shops):
        if opts.new_device:
            workspace.devices.forget(shop)
        new = await sign_in_by_hand(
            shop,
            workspace.config.portal(shop.platform),
            devices=workspace.devices,
            browser_path=browser_path,
            is_headed=opts.headed,
            ask_code=lambda key, **values: input(workspace.texts(key, **values)),
            tell=partial(say, workspace.texts),
        )
        workspace.check_identity(shop, new.identity, is_accepted=opts.accept_identity)
        workspace.keep_session(shop, new)
    return new


def _shop(config: Config, name: str) -> Shop:
    known = {shop.name: shop for shop in config.shops} | {shop.id: shop for shop in config.shops}
    if name not in known:
        todo = did_you_mean(name, known, f"Known: {', '.join([shop.id for shop in config.shops][:10])}.")
        raise ArgumentError(f"there is no shop {name!r}", where="shops.yaml", todo=todo)
    return known[name]
