"""What `scrapy check_config` says about the way out: proxies, exceptions, authorities, and who is asked how."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from shopdata.config import Config
from shopdata.network import Network, Proxy
from shopdata.wording import Texts


def network_lines(t: Texts, network: Network, config: Config) -> Iterator[str]:
    """A short block; no password, and no address of a channel."""
    for what in _lines(t, network, config):
        yield t("network.line", what=what)


def _lines(t: Texts, network: Network, config: Config) -> Iterator[str]:
    if not network.proxies:
        yield t("network.no_proxy")
    for scheme in ("https", "http") if network.proxies else ():
        yield t("network.scheme", scheme=scheme, way=_way(t, network.proxies.get(scheme)))
    if network.proxies:
        exempt = t("network.system_exemptions") if network.is_of_system else _exemptions(network)
        hosts = [t("network.this_machine"), *filter(None, [exempt])]
        yield t("network.exempt", hosts=t("format.listed").join(hosts))
        ways: dict[str, list[str]] = {"network.by_proxy": [], "network.straight": []}
        for url in _urls(config):
            way = "network.straight" if network.proxy_for(url) is None else "network.by_proxy"
            ways[way].append(urlsplit(url).netloc)
        for way, hosts in ways.items():
            if hosts:
                yield t(way, hosts=", ".join(dict.fromkeys(hosts)))
    for variable, path in network.authority_paths:
        yield t("network.authorities_of", variable=variable, path=path)
    count = len(network.company_authorities)
    if count:
        yield t("network.company_authorities", n=count)
    elif network.authority_paths:
        yield t("network.no_company_authorities")


def _way(t: Texts, proxy: Proxy | None) -> str:
    if proxy is None:
        return t("network.way_straight")
    key = "network.way_with_password" if proxy.authorization else "network.way"
    return t(key, url=proxy.url, variable=proxy.variable)


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
