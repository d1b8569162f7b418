"""The description of the network for Chromium: which proxy, and past whom."""

from __future__ import annotations

from typing import Any

from shopdata.network.description import Network
from shopdata.network.hosts import LOOPBACK


def bypass_rules(network: Network) -> list[str]:
    """Whom Chromium reaches without a proxy, in its own words; loopback too, which Playwright would take to a proxy."""
    return [*LOOPBACK, *(rule for exemption in network.exemptions for rule in exemption.for_chromium())]


def proxy_options(network: Network) -> tuple[dict[str, Any], list[str]]:
    """Options of Playwright's `launch`, and arguments of Chromium's that go with them.

    Where Windows or macOS name the proxy, Chromium asks them itself. Playwright hands user name and password over when
    the proxy asks; they stand in no argument.
    """
    if network.is_of_system:
        return {}, []
    https, http = network.proxies.get("https"), network.proxies.get("http")
    first = https or http
    if first is None:
        # A desktop's own settings are not ours.
        return {}, ["--no-proxy-server"]
    options: dict[str, Any] = {"server": first.url, "bypass": ",".join(bypass_rules(network))}
    if first.authorization:
        options |= {"username": first.username, "password": first.password}
    if https is not None and http is not None and http.authorization not in ("", https.authorization):
        # It can be given one user name only, and the pages are https.
        http = https
    if https == http:
        return {"proxy": options}, []
    # The last of these counts for Chromium.
    each = ";".join(
        f"{scheme}={proxy.url}" for scheme, proxy in (("https", https), ("http", http)) if proxy is not None
    )
    return {"proxy": options}, [f"--proxy-server={each}"]
