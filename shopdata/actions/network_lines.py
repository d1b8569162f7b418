"""What `scrapy check_config` says about the way out: proxies, exceptions, authorities, and who is asked how."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from shopdata.config import Config
from shopdata.network import Network, Proxy


def network_lines(network: Network, config: Config) -> Iterator[str]:
    """A short block; no password, and no address of a channel."""
    if not network.proxies:
        yield "network: no proxy"
    for scheme in ("https", "http") if network.proxies else ():
        yield f"network: {scheme} {_way(network.proxies.get(scheme))}"
    if network.proxies:
        exempt = "what the system's settings say" if network.is_of_system else _exemptions(network)
        yield f"network: without a proxy: this machine{', ' if exempt else ''}{exempt}"
        ways: dict[bool, list[str]] = {True: [], False: []}
        for url in _urls(config):
            ways[network.proxy_for(url) is not None].append(urlsplit(url).netloc)
        for is_by_proxy, hosts in ways.items():
            if hosts:
                yield f"network: {'by proxy' if is_by_proxy else 'straight'}: {', '.join(dict.fromkeys(hosts))}"
    for variable, path in network.authority_paths:
        yield f"network: authorities of {variable}: {path}"
    count = len(network.company_authorities)
    if count or network.authority_paths:
        yield f"network: {count or 'no'} {'authority' if count == 1 else 'authorities'} on no public list"


def _way(proxy: Proxy | None) -> str:
    if proxy is None:
        return "without a proxy"
    return f"by {proxy.url}{' with user name and password' if proxy.authorization else ''} ({proxy.variable})"


def _exemptions(network: Network) -> str:
    return ", ".join(exemption.text for exemption in network.exemptions)


def _urls(config: Config) -> Iterator[str]:
    for portal in config.portals.values():
        yield from portal.addresses
    yield config.lake.object_store.url
    if config.lake.dremio.url:
        yield config.lake.dremio.url
    # In apprise's addresses, what looks like a host is often the secret.
    yield from (c.url.get_secret_value() for c in config.alerts.channels_on if c.kind != "apprise")
