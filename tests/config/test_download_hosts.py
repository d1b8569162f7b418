"""Which links are followed (docs/reference.md#portalsyaml).

`.x` is a domain and all below it, `host` on any port, `host:port` just that.
"""

from __future__ import annotations

import pytest
from config_folder import ConfigFolder
from scrapy import Request

from shopdata.config import Portal


@pytest.fixture
def portal(folder: ConfigFolder) -> Portal:
    folder.edit(
        "portals.yaml", "[.example.com]", '[.jd.com, files.test, "store.test:8443", 127.0.0.1, "localhost:9000"]'
    )
    return folder.load().portal("jd")


@pytest.mark.parametrize(
    "link",
    [
        pytest.param("https://jd.com/a", id="the domain itself"),
        pytest.param("https://storage.jd.com/a?Signature=x", id="below the domain"),
        pytest.param("https://a.b.c.jd.com:444/a", id="far below the domain, any port"),
        pytest.param("https://STORAGE.JD.COM/a", id="upper case"),
        pytest.param("HTTPS://storage.jd.com/a", id="scheme in upper case"),
        pytest.param("https://files.test/a", id="that host"),
        pytest.param("https://files.test:4443/a", id="that host on any port"),
        pytest.param("https://store.test:8443/a", id="that host and port"),
        pytest.param("http://127.0.0.1:5000/a", id="plain http on this machine"),
        pytest.param("http://localhost:9000/a", id="plain http on localhost and its port"),
        pytest.param("https://user:pass@storage.jd.com/a", id="credentials before an allowed host"),
    ],
)
def test_followed(portal: Portal, link: str) -> None:
    assert portal.allows_download(link)


@pytest.mark.parametrize(
    "link",
    [
        pytest.param("https://evil.test/a", id="another host"),
        pytest.param("https://eviljd.com/a", id="ends alike, without a dot"),
        pytest.param("https://jd.com.evil.test/a", id="begins alike"),
        pytest.param("https://storage.jd.com@evil.test/a", id="allowed host as user name"),
        pytest.param("https://storage.jd.com:443@evil.test/a", id="allowed host as user name and password"),
        pytest.param("https://evil.test#@storage.jd.com/a", id="allowed host behind a hash"),
        pytest.param("https://evil.test/?@storage.jd.com/a", id="allowed host in the query"),
        pytest.param("https://evil.test/.jd.com", id="allowed domain in the path"),
        pytest.param("https://sub.files.test/a", id="below a host that is no domain"),
        pytest.param("https://store.test/a", id="right host, other port"),
        pytest.param("https://store.test:844/a", id="right host, cut port"),
        pytest.param("http://localhost:9001/a", id="localhost on another port"),
        pytest.param("http://storage.jd.com/a", id="plain http elsewhere"),
        pytest.param("http://127.0.0.1.jd.com/a", id="plain http to what looks like this machine"),
        pytest.param("ftp://storage.jd.com/a", id="another scheme"),
        pytest.param("file:///etc/passwd", id="a local file"),
        pytest.param("data:text/plain,x", id="a data link"),
        pytest.param("//storage.jd.com/a", id="no scheme"),
        pytest.param("/reports/a.xlsx", id="no host"),
        pytest.param("https://", id="nothing but a scheme"),
        pytest.param("https://[storage.jd.com/a", id="broken brackets"),
        pytest.param("https://storage.jd.com:port/a", id="port that is no number"),
        pytest.param("https://ｊd.com.evil.test/a", id="wide letters"),
        pytest.param("", id="empty"),
    ],
)
def test_refused(portal: Portal, link: str) -> None:
    assert not portal.allows_download(link)


def test_a_trailing_dot_is_another_spelling_that_is_not_followed_to_anywhere_else(portal: Portal) -> None:
    assert not portal.allows_download("https://evil.test./a")
    assert not portal.allows_download("https://storage.jd.com.evil.test./a")


def test_a_link_goes_where_it_was_checked_to_go(portal: Portal) -> None:
    # Two readers of one address: urlsplit sees the allowed host, Scrapy's Request rewrites it and goes to the other.
    link = "https://evil.test\\@storage.example.com/a"
    assert Request(link).url.startswith("https://evil.test/")
    assert not portal.allows_download(link)
