"""The device that a portal knows an account by: kept like a session, without what is the session's."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import stat
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from shopdata.browser.starting import OwnChromium
from shopdata.config import Portal, Shop
from shopdata.platforms.jd.portal import JdPortal
from shopdata.platforms.pdd.portal import PddPortal
from shopdata.reasons import Reason
from shopdata.sessions import devices
from shopdata.sessions.devices import DeviceStore, keep_device, open_context
from shopdata.sessions.places import FilePlace, object_in
from shopdata.sessions.sessions import SessionStore

MakeShop = Callable[..., Shop]

ORIGIN = "https://shop.example.com"
JD = JdPortal(
    login_url=f"{ORIGIN}/login", report_origin=ORIGIN, gateway_origin=ORIGIN, download_hosts=(".example.com",)
)
PDD = PddPortal(login_url=f"{ORIGIN}/login/", origin=ORIGIN, download_hosts=(".example.com",))
NUMBER = "number-of-this-device"


def cookie(name: str, value: str = NUMBER, **more: Any) -> dict[str, Any]:
    return {"name": name, "value": value, "domain": ".example.com", "path": "/", "expires": 4102444800.5, **more}


def state(*names: str, storage: tuple[str, ...] = ("fp",), more: str = "") -> dict[str, Any]:
    items = [{"name": name, "value": NUMBER + more} for name in storage]
    databases = [{"name": "fp", "version": 1, "stores": [{"name": "box", "records": []}]}]
    origin = {"origin": ORIGIN, "localStorage": items, "indexedDB": databases}
    return {"cookies": [cookie(name) for name in names], "origins": [origin]}


@pytest.fixture(params=[None, "a key"], ids=["plain", "encrypted"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> DeviceStore:
    return DeviceStore(tmp_path / "sessions", request.param)


def the_file(store: DeviceStore) -> Path:
    (file,) = store.folder.iterdir()
    return file


def test_there_is_none_at_first(store: DeviceStore, shop: Shop) -> None:
    assert store.load(shop) is None
    store.forget(shop)


def test_what_was_kept_comes_back(store: DeviceStore, shop: Shop) -> None:
    store.save(shop, JD, state("3AB9D23F7A4B3C9B"))
    assert store.load(shop) == state("3AB9D23F7A4B3C9B")
    assert the_file(store).name == "jd_one.device"
    store.forget(shop)
    assert store.load(shop) is None


@pytest.mark.parametrize(
    ("portal", "of_session", "of_storage"),
    [
        pytest.param(JD, ("thor", "pin", "flash", "light_key"), (), id="JD"),
        pytest.param(PDD, ("PASS_ID",), ("PASSID", "new_userinfo"), id="Pinduoduo"),
        pytest.param(PDD.model_copy(update={"session_cookies": ("SID",)}), ("SID",), (), id="as portals.yaml says"),
    ],
)
def test_without_what_is_the_sessions(
    store: DeviceStore, shop: Shop, portal: Portal, of_session: tuple[str, ...], of_storage: tuple[str, ...]
) -> None:
    store.save(shop, portal, state(*of_session, "_nano_fp", storage=(*of_storage, "fp")))
    assert store.load(shop) == state("_nano_fp")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows knows no such modes")
def test_only_its_owner_can_read_it(store: DeviceStore, shop: Shop) -> None:
    store.save(shop, JD, state("fp"))
    assert stat.S_IMODE(the_file(store).stat().st_mode) == 0o600
    assert stat.S_IMODE(store.folder.stat().st_mode) == 0o700


def test_no_word_of_it_stands_in_an_encrypted_file(tmp_path: Path, shop: Shop) -> None:
    store = DeviceStore(tmp_path / "sessions", "a key")
    store.save(shop, JD, state("fp"))
    content = the_file(store).read_bytes()
    assert all(word.encode() not in content for word in (NUMBER, shop.username, "example.com"))


def test_another_account_has_another_device(store: DeviceStore, shop: Shop, make_shop: MakeShop) -> None:
    store.save(shop, JD, state("fp"))
    other = make_shop(username="other@example.com")
    assert store.load(other) is None
    assert store.load(make_shop(password="new")) is not None
    store.save(other, JD, state("xy"))
    assert store.load(other) == state("xy")
    assert store.load(shop) is None


def test_it_is_as_old_as_it_is(tmp_path: Path, shop: Shop) -> None:
    store = DeviceStore(tmp_path / "sessions")
    store.save(shop, JD, state("fp"))
    first = json.loads(the_file(store).read_text("utf-8"))
    store.save(shop, JD, state("fp"))
    second = json.loads(the_file(store).read_text("utf-8"))
    assert (second["made_at"], second["saved_at"] > first["saved_at"]) == (first["made_at"], True)


def test_it_outlives_the_session(store: DeviceStore, shop: Shop) -> None:
    sessions = SessionStore(store.folder, store.secret_key)
    store.save(shop, JD, state("fp"))
    sessions.drop(shop, sessions.save(shop, [cookie("thor")]))
    sessions.park(shop, Reason("challenge", {}, "a slider"))
    assert sessions.load(shop) is None
    assert store.load(shop) == state("fp")
    assert {path.suffix for path in store.folder.iterdir()} >= {".session", ".device"}


def test_another_browser_is_told(store: DeviceStore, shop: Shop, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        for brands in ("", "Chromium", "", "Chromium"):
            store.save(shop, JD, state("fp"), brands=brands)
        assert caplog.text == ""
        for _ in range(2):
            store.save(shop, JD, state("fp"), brands="Chromium, HeadlessChrome")
    (record,) = caplog.records
    assert record.getMessage() == (
        "one: this browser calls itself Chromium, HeadlessChrome, the one before Chromium: "
        "to the portal it may be a new device"
    )


@pytest.mark.browser
def test_a_device_knows_its_browser(store: DeviceStore, shop: Shop) -> None:
    async def visit() -> None:
        own = OwnChromium({"executable_path": os.environ.get("SHOPDATA_BROWSER_PATH")})
        try:
            context = await open_context(await own.start())
            page = await context.new_page()
            await page.route("**", lambda route: route.fulfill(body="a page"))
            await page.goto(ORIGIN)
            await keep_device(store, context, shop, JD)
        finally:
            await own.close()

    asyncio.run(visit())
    path = the_file(store)
    device = object_in(FilePlace(path.parent, store.secret_key).read(path.name), path.name)
    assert "Chrom" in device["brands"]


def test_cookies_end(store: DeviceStore, shop: Shop) -> None:
    kept = [cookie("fp"), cookie("for_the_session", expires=-1)]
    store.save(shop, JD, {"cookies": [*kept, cookie("old", expires=time.time() - 1)], "origins": []})
    loaded = store.load(shop)
    assert loaded is not None
    assert loaded["cookies"] == kept


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\x00",
        b"[]",
        b"{",
        b"[" * 200_000,
        b'{"username": "one@example.com"}',
        b'{"username": "one@example.com", "state": {"cookies": [1]}}',
        b'{"username": "one@example.com", "state": {"cookies": [{"name": "a", "value": 1}]}}',
        b'{"username": "one@example.com", "state": {"cookies": [], "origins": [{"origin": "file:///etc/passwd"}]}}',
        b" " * (3 << 20),
    ],
    ids=lambda content: repr(content[:90]),
)
def test_a_damaged_one_is_a_new_one(
    store: DeviceStore, shop: Shop, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    store.save(shop, JD, state("fp"))
    the_file(store).write_bytes(content)
    with caplog.at_level(logging.WARNING):
        assert store.load(shop) is None
    assert "its device (jd_one.device) can't be used, the portal will see a new one" in caplog.text
    store.save(shop, JD, state("fp"))
    assert store.load(shop) == state("fp")


@pytest.mark.parametrize(("saved", "read"), [("a key", "another key"), ("a key", None)], ids=["another", "none"])
def test_another_key_opens_nothing(
    tmp_path: Path, shop: Shop, saved: str, read: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    DeviceStore(tmp_path, saved).save(shop, JD, state("fp"))
    with caplog.at_level(logging.WARNING):
        assert DeviceStore(tmp_path, read).load(shop) is None
    assert "damaged, or saved with another key" in caplog.text


def test_what_is_too_large_is_left_out(store: DeviceStore, shop: Shop, caplog: pytest.LogCaptureFixture) -> None:
    large = "x" * devices.LARGEST_BYTES
    databases = state("fp")
    databases["origins"][0]["indexedDB"][0]["name"] = large
    store.save(shop, JD, databases)
    plain = store.load(shop)
    assert plain is not None
    assert plain["origins"] == [{"origin": ORIGIN, "localStorage": [{"name": "fp", "value": NUMBER}]}]
    store.save(shop, JD, state("fp", more=large))
    assert store.load(shop) == {**state("fp"), "origins": []}
    with caplog.at_level(logging.WARNING):
        store.save(shop, JD, {"cookies": [cookie("fp", large)], "origins": []})
    assert "too large to be kept" in caplog.text
    assert store.load(shop) == {**state("fp"), "origins": []}


def test_fifty_shops_take_little_room(store: DeviceStore, make_shop: MakeShop) -> None:
    """Each with what a portal's page has been seen to keep: twenty cookies and 15 kB of local storage."""
    usual = state(
        *(f"cookie-{number}" for number in range(20)), storage=tuple(f"key-{n}" for n in range(30)), more="x" * 480
    )
    for number in range(50):
        store.save(make_shop(id=f"shop-{number}"), JD, usual)
    assert sum(file.stat().st_size for file in store.folder.iterdir()) < 5_000_000


def test_a_folder_that_cant_be_written_costs_no_sign_in(
    tmp_path: Path, shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "sessions").write_text("a file", "utf-8")
    store = DeviceStore(tmp_path / "sessions")
    with caplog.at_level(logging.WARNING):
        store.save(shop, JD, state("fp"))
        assert store.load(shop) is None
    assert "its device can't be kept" in caplog.text


@pytest.mark.browser
def test_what_a_browser_does_not_take_back_is_left_out(caplog: pytest.LogCaptureFixture) -> None:
    """And what every page looks like: the same device, wherever it is opened."""
    brought = state("fp")
    brought["cookies"][0].update(httpOnly=False, secure=True, sameSite="Lax")
    brought["origins"][0]["indexedDB"] = [{"name": 1, "version": "no"}]

    async def look() -> tuple[list[str], Any]:
        own = OwnChromium({"executable_path": os.environ.get("SHOPDATA_BROWSER_PATH")})
        try:
            context = await open_context(await own.start(), storage_state=brought)
            page = await context.new_page()
            looks = await page.evaluate(
                """[navigator.language, Intl.DateTimeFormat().resolvedOptions().timeZone, innerWidth, innerHeight,
                    devicePixelRatio, navigator.userAgent.includes("Headless")]"""
            )
            return [found["name"] for found in await context.cookies()], looks
        finally:
            await own.close()

    cookies, looks = asyncio.run(look())
    assert cookies == ["fp"]
    assert looks == ["zh-CN", "Asia/Shanghai", 1280, 800, 1, False]
    assert "can't be brought to it again" in caplog.text
