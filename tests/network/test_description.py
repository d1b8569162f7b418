"""What the environment says about the network, and what is refused before anybody is asked."""

from __future__ import annotations

from pathlib import Path

import pytest
from company_network import make_authority

from shopdata.network import Proxy, read_network
from shopdata.network.for_chromium import bypass_rules, proxy_options

PROXY = "http://proxy.corp.test:3128"


def is_asked_by_proxy(url: str, **environ: str) -> bool:
    network, problems = read_network({"ALL_PROXY": PROXY} | environ)
    assert not problems
    return network.proxy_for(url) is not None


@pytest.mark.parametrize(
    ("environ", "https", "http"),
    [
        pytest.param({}, None, None, id="none"),
        pytest.param({"HTTPS_PROXY": "http://a:1"}, "http://a:1", None, id="https alone"),
        pytest.param({"http_proxy": "http://a:1"}, None, "http://a:1", id="http alone"),
        pytest.param({"https_proxy": PROXY, "HTTPS_PROXY": "http://b:1"}, PROXY, None, id="small first"),
        pytest.param({"https_proxy": "", "HTTPS_PROXY": "http://b:1"}, None, None, id="switched off"),
        pytest.param({"ALL_PROXY": PROXY, "http_proxy": "http://b"}, PROXY, "http://b:80", id="all for the rest"),
        pytest.param(
            {"all_proxy": "socks5://a:1", "http_proxy": "http://b:1", "https_proxy": "http://b:1"},
            "http://b:1",
            "http://b:1",
            id="a SOCKS proxy that nobody needs",
        ),
        pytest.param({"HTTPS_PROXY": "HTTP://[fd00::1]:3128/"}, "http://[fd00::1]:3128", None, id="IPv6"),
    ],
)
def test_which_proxy(environ: dict[str, str], https: str | None, http: str | None) -> None:
    network, problems = read_network(environ)
    assert not problems
    found = [network.proxy_for(f"{scheme}://portal.test/x") for scheme in ("https", "http")]
    assert [proxy and proxy.url for proxy in found] == [https, http]


@pytest.mark.parametrize(
    ("no_proxy", "url", "is_exempt"),
    [
        ("portal.test", "https://portal.test", True),
        ("portal.test", "https://www.portal.test:8443", True),
        ("portal.test", "https://notportal.test", False),
        (".portal.test", "https://portal.test", True),
        ("*.portal.test", "https://www.portal.test", True),
        ("Portal.Test.", "https://PORTAL.test./x", True),
        ("portal.test:8443", "https://portal.test:8443", True),
        ("portal.test:8443", "https://portal.test", False),
        ("portal.test:443", "https://portal.test", True),
        ("https://portal.test", "https://portal.test", True),
        ("other.test , portal.test", "https://portal.test", True),
        ("other.test portal.test", "https://portal.test", True),
        ("*", "https://portal.test", True),
        ("10.0.0.0/8", "https://10.1.2.3:9000", True),
        ("10.0.0.0/8", "https://11.1.2.3:9000", False),
        ("10.1.2.3", "https://10.1.2.3", True),
        ("10.*", "https://10.1.2.3", True),
        ("169.254/16", "https://169.254.9.9", True),
        ("fd00::1", "http://[fd00::1]:9000", True),
        ("[fd00::1]", "http://[fd00:0::1]:9000", True),
        ("[fd00::1]:9000", "http://[fd00::1]:9000", True),
        ("[fd00::1]:9001", "http://[fd00::1]:9000", False),
        ("fd00::/8", "http://[fd12::1]", True),
        ("", "https://portal.test", False),
    ],
)
def test_exceptions(no_proxy: str, url: str, is_exempt: bool) -> None:
    assert is_asked_by_proxy(url, no_proxy=no_proxy) is not is_exempt
    assert is_asked_by_proxy(url, NO_PROXY=no_proxy) is not is_exempt


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:9000", "a.localhost", "127.0.0.1:1", "127.9.9.9", "[::1]:9000"]
)
def test_this_machine_is_never_asked_by_a_proxy(host: str) -> None:
    assert not is_asked_by_proxy(f"http://{host}/x")


SECRET = "pw-of-the-proxy"


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (f"proxy.test:3128/{SECRET}", "no scheme"),
        (f"user:{SECRET}@proxy.test:3128", "no scheme"),
        (f"http://user:{SECRET}@proxy.test:99999", "no host and port"),
        (f"http://user:{SECRET}@proxy.test:port", "no host and port"),
        (f"http://user:{SECRET}@proxy.test:0", "no host and port"),
        (f"http://user:{SECRET}@", "no host and port"),
        (f"http://user:{SECRET}@[fd00::1", "no host and port"),
        (f"http://user:{SECRET}#1@proxy.test:3128", "no host and port"),
        (f"http://user:{SECRET}/1@proxy.test:3128", "no host and port"),
        (f"http://user:1/{SECRET}@proxy.test:3128", "something behind host and port"),
        (f"http://user:{SECRET}@proxy.test:3128/path", "something behind host and port"),
        (f"http://us%3Aer:{SECRET}@proxy.test:3128", "a sign in user name or password"),
        (f"http://user:{SECRET}%0A@proxy.test:3128", "a sign in user name or password"),
        (f"http://user:{SECRET}@proxy.test:3128 ", "blanks or line breaks"),
        (f"http://user:{SECRET}@proxy.test:3128\n", "blanks or line breaks"),
        (f"http://user:{SECRET}@pro xy.test:3128", "blanks or line breaks"),
        (f"socks5://user:{SECRET}@proxy.test:1080", "a socks5 proxy"),
        (f"socks5h://user:{SECRET}@proxy.test:1080", "a socks5h proxy"),
        (f"SOCKS4://{SECRET}.test:1080", "a socks4 proxy"),
        (f"https://user:{SECRET}@proxy.test:3128", "https://"),
        (f"ftp://user:{SECRET}@proxy.test:3128", "another scheme"),
    ],
)
@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "http_proxy", "ALL_PROXY"])
def test_a_proxy_that_we_cannot_use(variable: str, value: str, found: str) -> None:
    _, problems = read_network({variable: value})
    (problem,) = problems
    assert problem.where == f"environment variable {variable}"
    assert found in problem.found
    assert problem.todo
    assert SECRET not in str(problem)


def test_an_exception_that_names_nobody() -> None:
    _, (problem,) = read_network({"no_proxy": "portal.test,10.0.0.0/33"})
    assert "variable no_proxy: this names no host. Found '10.0.0.0/33'" in str(problem)


def test_a_password_is_unpacked_and_not_shown() -> None:
    proxy = Proxy.read("HTTPS_PROXY", "http://us%20er:p%40ss%3Aw%C3%B6rd@proxy.test:3128")
    assert (proxy.username, proxy.password) == ("us er", "p@ss:wörd")
    assert "p@ss" not in repr(proxy) + proxy.url


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "SSL_CERT_DIR"])
def test_authorities(variable: str, tmp_path: Path) -> None:
    ca_file = make_authority(tmp_path).ca_file
    network, problems = read_network({variable: str(tmp_path if variable.endswith("_DIR") else ca_file)})
    assert not problems
    assert len(network.authorities) >= 1, "a folder holds the server's too"


@pytest.mark.parametrize("content", [None, "", "-----BEGIN CERTIFICATE-----\nnone\n-----END CERTIFICATE-----\n"])
@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"])
def test_authorities_that_are_none(variable: str, content: str | None, tmp_path: Path) -> None:
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_text(content)
    _, (problem,) = read_network({variable: str(path)})
    assert f"variable {variable}: there are no certificates there. Found no " in str(problem)


HERE = "localhost,*.localhost,127.0.0.0/8,[::1]"


@pytest.mark.parametrize(
    ("environ", "options", "arguments"),
    [
        pytest.param({}, {}, ["--no-proxy-server"], id="none: not a desktop's either"),
        pytest.param(
            {"ALL_PROXY": "http://us%20er:p%40ss@a:1"},
            {"proxy": {"server": "http://a:1", "bypass": HERE, "username": "us er", "password": "p@ss"}},
            [],
            id="one for all",
        ),
        pytest.param(
            {"HTTP_PROXY": "http://a:1"},
            {"proxy": {"server": "http://a:1", "bypass": HERE}},
            ["--proxy-server=http=http://a:1"],
            id="http alone",
        ),
        pytest.param(
            {"HTTPS_PROXY": "http://u:p@a:1", "HTTP_PROXY": "http://b:1"},
            {"proxy": {"server": "http://a:1", "bypass": HERE, "username": "u", "password": "p"}},
            ["--proxy-server=https=http://a:1;http=http://b:1"],
            id="two",
        ),
        pytest.param(
            {"HTTPS_PROXY": "http://u:p@a:1", "HTTP_PROXY": "http://v:q@b:1"},
            {"proxy": {"server": "http://a:1", "bypass": HERE, "username": "u", "password": "p"}},
            [],
            id="two with passwords: the browser can have one",
        ),
    ],
)
def test_the_browsers_proxy(environ: dict[str, str], options: dict[str, object], arguments: list[str]) -> None:
    network, _ = read_network(environ)
    assert proxy_options(network) == (options, arguments)


def test_past_whom_the_browser_goes() -> None:
    network, _ = read_network(
        {
            "ALL_PROXY": PROXY,
            "NO_PROXY": "corp.test,host.test:8443,10.0.0.0/8,fd00::/8,fd00::1,[fd00::2]:90,10.*,10.1.1.1",
        }
    )
    assert bypass_rules(network) == [
        *("localhost", "*.localhost", "127.0.0.0/8", "[::1]"),
        *("corp.test", "*.corp.test", "host.test:8443", "*.host.test:8443", "10.0.0.0/8", "fd00::/8"),
        *("[fd00::1]", "[fd00::2]:90", "10.*", "10.1.1.1"),
    ]
