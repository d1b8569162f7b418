"""Asks a portal cheaply whether a saved session still lives, without a browser and without signing in."""

from __future__ import annotations

from enum import StrEnum
from urllib.parse import urlsplit

import urllib3

from shopdata.config import Portal, Shop
from shopdata.network.pools import pool_for, trouble_with_proxy
from shopdata.sessions.session import Session
from shopdata.sessions.sign_in import login_for
from shopdata.sessions.sign_in.steps import PortalAnswer
from shopdata.sessions.sign_in.way_out import proxy_error, untrusted

_TIMEOUT = urllib3.Timeout(connect=5, read=20)


class SessionState(StrEnum):
    """What is known about a shop's session."""

    ALIVE = "alive"
    DEAD = "dead"
    NONE = "none"
    #: The portal did not answer, or nothing that says: it may be alive.
    UNKNOWN = "unknown"
    #: Another `SHOPDATA_SECRET_KEY` has saved it: it can't be read with this one.
    OTHER_KEY = "other key"


def check_session(shop: Shop, portal: Portal, session: Session, default_agent: str) -> SessionState:
    """One request of the platform's cheapest call; `default_agent` is for sessions that name no user agent.

    Raises:
        ProxyError, UntrustedError: the portal can't be reached from here as things are.
    """
    login = login_for(shop.platform)
    url, headers = login.check_call(portal)
    headers = {**headers, "User-Agent": session.user_agent or default_agent, "Cookie": session.cookie_header(url)}
    with pool_for(url, timeout=_TIMEOUT, retries=False) as pool:
        try:
            response = pool.request("GET", url, headers=headers, redirect=False, preload_content=False)
            # Unpacked bytes: what is read is never more.
            body = response.read(portal.max_answer_bytes)
            is_whole = not response.read(1)
            response.close()
        except urllib3.exceptions.HTTPError as error:
            host = urlsplit(url).netloc
            trouble = trouble_with_proxy(url, error)
            if trouble is not None:
                raise proxy_error(trouble, host) from None
            if isinstance(error, urllib3.exceptions.SSLError) and "CERTIFICATE_VERIFY_FAILED" in str(error):
                raise untrusted(host) from None
            return SessionState.UNKNOWN
    answer = PortalAnswer(
        status=response.status,
        url=url,
        content_type=response.headers.get("Content-Type", "").lower(),
        location=response.headers.get("Location", ""),
        body=body,
    )
    if not is_whole:
        return SessionState.UNKNOWN
    if login.is_session_dead(answer, portal):
        return SessionState.DEAD
    is_well = answer.status == 200 and login.risk_in(answer, portal) is None and login.is_session_alive(answer)
    return SessionState.ALIVE if is_well else SessionState.UNKNOWN
