"""Saved sessions: whose files they are, who can read them, and which credentials are not tried again."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import stat
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shopdata.config import Shop
from shopdata.exceptions import DiskError, OtherKeyError, UsageError
from shopdata.files import alone
from shopdata.reasons import Reason
from shopdata.sessions.secret_files import new_salt, seal, unseal
from shopdata.sessions.session import Session
from shopdata.sessions.sessions import SessionStore
from shopdata.wording import Texts

MakeShop = Callable[..., Shop]

TOKEN = "cookie-value-that-opens-the-shop"
COOKIES: list[dict[str, Any]] = [
    {"name": "thor", "value": TOKEN, "domain": ".jd.com", "path": "/", "expires": -1, "secure": False},
    {"name": "pin", "value": "%E5%BA%97", "domain": "shop.jd.com", "path": "/", "expires": 4102444800, "secure": True},
]
SLIDER = Reason("challenge", {}, "a slider")


@pytest.fixture(params=[None, "a key"], ids=["plain", "encrypted"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> SessionStore:
    return SessionStore(tmp_path / "sessions", request.param)


def the_file(store: SessionStore) -> Path:
    (file,) = store.folder.glob("*.session")
    return file


class TestSaving:
    def test_what_was_saved_comes_back(self, store: SessionStore, shop: Shop) -> None:
        before = datetime.now(UTC)
        store.save(shop, COOKIES)
        session = store.load(shop)
        assert session is not None
        assert session.cookies() == COOKIES
        assert timedelta(0) <= session.saved_at - before < timedelta(minutes=1)

    def test_nothing_was_saved(self, store: SessionStore, shop: Shop) -> None:
        assert store.load(shop) is None
        assert not store.parked(shop)

    @pytest.mark.skipif(sys.platform == "win32", reason="Windows knows no such modes")
    def test_only_its_owner_can_read_it(self, store: SessionStore, shop: Shop) -> None:
        for write in (
            lambda: store.save(shop, COOKIES),
            lambda: store.park(shop, SLIDER),
        ):
            write()
            assert {stat.S_IMODE(file.stat().st_mode) for file in store.folder.iterdir()} == {0o600}
            assert stat.S_IMODE(store.folder.stat().st_mode) == 0o700

    def test_two_crawls_that_write_at_once_lose_nothing(
        self, store: SessionStore, shop: Shop, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Cookies change with every answer of a real portal, and a shop may be in several crawls."""
        # Whoever has read waits for the other to have read as well, but not for ever.
        both_have_read = threading.Barrier(2)
        read = SessionStore._read

        def read_slowly(store: SessionStore, shop: Shop, *place: Any) -> dict[str, Any]:
            data = read(store, shop, *place)
            with contextlib.suppress(threading.BrokenBarrierError):
                both_have_read.wait(0.3)
            return data

        store.save(shop, COOKIES)
        session = store.load(shop)
        assert session is not None
        session.take_cookies("https://shop.jd.com/", ["thor=another; Domain=.jd.com; Path=/"])
        monkeypatch.setattr(SessionStore, "_read", read_slowly)
        with ThreadPoolExecutor(2) as threads:
            work = [
                threads.submit(store.update, shop, session),
                threads.submit(SessionStore(store.folder, store.secret_key).park, shop, SLIDER),
            ]
        for done in work:
            done.result()
        monkeypatch.undo()
        assert store.parked(shop) == SLIDER
        loaded = store.load(shop)
        assert loaded is not None
        assert loaded.values()["thor"] == "another"

    def test_another_process_that_stands_still_is_not_waited_for_for_ever(
        self, store: SessionStore, shop: Shop, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("shopdata.sessions.places.alone", partial(alone, seconds=0.1))
        with (
            alone(store.folder / "jd_one.writing"),
            pytest.raises(DiskError, match="another process does not let go"),
        ):
            store.save(shop, COOKIES)

    def test_a_full_disk_leaves_the_old_session(self, store: SessionStore, shop: Shop) -> None:
        resource = pytest.importorskip("resource", reason="Windows knows no such limit")
        store.save(shop, COOKIES)
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (50, hard))
        try:
            with pytest.raises(DiskError, match=r"the disk is full\..*Make room there"):
                store.save(shop, [*COOKIES, *COOKIES])
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        session = store.load(shop)
        assert session is not None
        assert len(session.cookies()) == 2
        assert not list(store.folder.glob("*.tmp"))

    def test_one_file_for_each_shop(self, store: SessionStore, make_shop: MakeShop) -> None:
        one, two = make_shop(), make_shop(id="two", username="two@example.com")
        store.save(one, COOKIES)
        store.save(two, COOKIES[:1])
        assert {file.name for file in store.folder.glob("*.session")} == {"jd_one.session", "jd_two.session"}
        assert [len(session.cookies()) for session in (store.load(one), store.load(two)) if session] == [2, 1]

    def test_a_newer_one_of_another_process_is_not_dropped(self, store: SessionStore, shop: Shop) -> None:
        ours = store.save(shop, COOKIES)
        store.save(shop, COOKIES[:1])
        store.drop(shop, ours)
        assert store.load(shop) is not None

    def test_a_dead_one_is_dropped(self, store: SessionStore, shop: Shop) -> None:
        store.drop(shop, store.save(shop, COOKIES))
        assert store.load(shop) is None
        assert TOKEN.encode() not in the_file(store).read_bytes()

    def test_another_user_name_has_no_session(self, store: SessionStore, shop: Shop, make_shop: MakeShop) -> None:
        store.save(shop, COOKIES)
        assert store.load(make_shop(username="other@example.com")) is None

    def test_another_password_keeps_the_session(self, store: SessionStore, shop: Shop, make_shop: MakeShop) -> None:
        store.save(shop, COOKIES)
        assert store.load(make_shop(password="new")) is not None

    def test_it_says_which_browser_signed_in_and_whose_it_is(self, store: SessionStore, shop: Shop) -> None:
        store.save(shop, COOKIES, user_agent="Browser/1.0", identity={"shop name": "店"})
        session = store.load(shop)
        assert session is not None
        assert (session.user_agent, session.identity) == ("Browser/1.0", {"shop name": "店"})

    @pytest.mark.parametrize("content", [b"", b"\x00\xff", b"[]", b"{", b"x" * 200], ids=repr)
    def test_a_broken_file_is_no_session(self, store: SessionStore, shop: Shop, content: bytes) -> None:
        store.save(shop, COOKIES)
        the_file(store).write_bytes(content)
        assert store.load(shop) is None
        store.save(shop, COOKIES)
        assert store.load(shop) is not None


COOKIE = COOKIES[0]
WHOLE = {"username": "one@example.com", "saved_at": "2026-03-01T08:00:00+00:00", "cookies": COOKIES}
ODD_INSIDES: dict[str, dict[str, object]] = {
    "cookies are a number": {"cookies": 5},
    "cookies are a text": {"cookies": "thor=1"},
    "cookies are numbers": {"cookies": [1, 2]},
    "cookie without a domain": {"cookies": [{"name": "a", "value": "b"}]},
    "cookie whose name is a number": {"cookies": [COOKIE | {"name": 1}]},
    "cookie that ends some day": {"cookies": [COOKIE | {"expires": "soon"}]},
    "cookie that ends too late": {"cookies": [COOKIE | {"expires": 1e300}]},
    "cookie with a line end": {"cookies": [COOKIE | {"value": "a\r\nX: y"}]},
    "cookie of half a pair": {"cookies": [COOKIE | {"value": "\ud83d"}]},
    "cookie of another kind": {"cookies": [COOKIE | {"secure": "perhaps", "path": None}]},
    "saved soon": {"saved_at": "soon"},
    "saved at a number": {"saved_at": 5},
    "saved without a zone": {"saved_at": "2026-03-01T08:00:00"},
    "never saved": {"saved_at": None},
    "a user name that is none": {"username": ["one@example.com"]},
    "an identity that is a list": {"identity": ["x"]},
    "an identity of numbers": {"identity": {"mall id": 5}},
    "a browser that is a number": {"user_agent": 5},
}


class TestOddInsides:
    """Good JSON, and not what we wrote: a disk or a person had a hand in it."""

    @staticmethod
    def write(store: SessionStore, content: bytes) -> None:
        store.folder.mkdir(exist_ok=True)
        path = store.folder / "jd_one.session"
        path.write_bytes(seal(content, store.secret_key, new_salt()) if store.secret_key else content)

    @pytest.mark.parametrize("odd", ODD_INSIDES.values(), ids=ODD_INSIDES)
    def test_the_shop_signs_in_anew(
        self, tmp_path: Path, shop: Shop, odd: dict[str, object], caplog: pytest.LogCaptureFixture
    ) -> None:
        store = SessionStore(tmp_path)
        self.write(store, json.dumps(WHOLE | odd).encode())
        assert not store.parked(shop)
        assert store.load(shop) is None
        assert store.about(shop).saved_at is None
        (told,) = caplog.messages
        assert told == f"jd_one.session: the saved session is damaged (odd: {', '.join(odd)}); the shop signs in anew"
        store.save(shop, COOKIES)
        assert store.load(shop) is not None

    @pytest.mark.parametrize("odd", [{"cookies": 5}, {"saved_at": "soon"}], ids=str)
    def test_encrypted_ones_too(self, tmp_path: Path, shop: Shop, odd: dict[str, object]) -> None:
        store = SessionStore(tmp_path, "a key")
        self.write(store, json.dumps(WHOLE | odd).encode())
        assert store.load(shop) is None

    def test_what_else_is_whole_stays(self, store: SessionStore, shop: Shop) -> None:
        """The session is lost, and that the shop waits for a person is not."""
        store.park(shop, Reason("challenge", {}, "credentials refused"))
        session = json.loads(self.plain(store)) | {"cookies": 5, "checked_state": "sleepy"}
        self.write(store, json.dumps(session).encode())
        assert store.parked(shop) == Reason("challenge", {}, "credentials refused")

    @staticmethod
    def plain(store: SessionStore) -> bytes:
        content = the_file(store).read_bytes()
        return unseal(content, store.secret_key) if store.secret_key else content

    @pytest.mark.parametrize("fingerprint", [5, "", "xyz", "é" * 160, "0" * 159], ids=repr)
    def test_an_odd_fingerprint_parks_nobody(self, tmp_path: Path, shop: Shop, fingerprint: object) -> None:
        store = SessionStore(tmp_path)
        self.write(store, json.dumps({"parked": "a slider", "fingerprint": fingerprint}).encode())
        assert not store.parked(shop)

    @pytest.mark.parametrize(
        "content",
        [b"5", b"null", b'"text"', b"[" * 100_000, b'{"a":' * 100_000, b"{}", b"1" * 10_000, b"\xff\xfe{\x00"],
        ids=lambda content: repr(content[:8]),
    )
    def test_anything_else(self, store: SessionStore, shop: Shop, content: bytes) -> None:
        self.write(store, content)
        assert store.load(shop) is None
        assert not store.parked(shop)

    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(
        st.dictionaries(
            st.sampled_from([*WHOLE, "identity", "user_agent", "parked", "fingerprint", "checked_at", "checked_state"]),
            st.recursive(
                st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
                lambda inner: (
                    st.lists(inner, max_size=2)
                    | st.dictionaries(st.sampled_from(["name", "value", "domain", "expires", "path"]), inner)
                ),
                max_leaves=6,
            ),
        )
    )
    def test_whatever_stands_there(self, tmp_path: Path, shop: Shop, odd: dict[str, object]) -> None:
        store = SessionStore(tmp_path)
        self.write(store, json.dumps(WHOLE | odd).encode())
        session = store.load(shop)
        assert session is None or session.cookie_header("https://ppzh.jd.com/").isprintable()
        assert isinstance(store.parked(shop), Reason)
        store.about(shop)
        store.note_check(shop, "alive")

    def test_a_folder_in_its_place_is_a_sentence(self, store: SessionStore, shop: Shop) -> None:
        (store.folder / "jd_one.session").mkdir(parents=True)
        with pytest.raises(DiskError, match="the state directory can't be used"):
            store.load(shop)


class TestUpdating:
    """Answers change cookies while a session is in use."""

    @staticmethod
    def change(session: Session) -> None:
        session.take_cookies("https://ppzh.jd.com/", ["thor=renewed; Domain=.jd.com; Path=/"])

    def test_the_new_cookies_are_kept_and_nothing_else_changes(self, store: SessionStore, shop: Shop) -> None:
        session = store.save(shop, COOKIES, user_agent="Browser/1.0", identity={"account": "one"})
        store.note_check(shop, "alive")
        before = store.about(shop)
        self.change(session)
        store.update(shop, session)
        loaded = store.load(shop)
        assert loaded is not None
        assert loaded.values()["thor"] == "renewed"
        assert (loaded.saved_at, loaded.user_agent, loaded.identity) == (
            session.saved_at,
            "Browser/1.0",
            {"account": "one"},
        )
        assert store.about(shop) == before

    def test_it_can_still_be_dropped(self, store: SessionStore, shop: Shop) -> None:
        session = store.save(shop, COOKIES)
        self.change(session)
        store.update(shop, session)
        store.drop(shop, session)
        assert store.load(shop) is None

    def test_a_newer_one_of_another_process_stays(self, store: SessionStore, shop: Shop) -> None:
        ours = store.save(shop, COOKIES)
        store.save(shop, COOKIES)
        self.change(ours)
        store.update(shop, ours)
        loaded = store.load(shop)
        assert loaded is not None
        assert loaded.values()["thor"] == TOKEN

    def test_one_that_was_dropped_meanwhile_stays_dropped(self, store: SessionStore, shop: Shop) -> None:
        session = store.save(shop, COOKIES)
        store.drop(shop, session)
        store.update(shop, session)
        assert store.load(shop) is None


class TestEncryption:
    def test_no_word_of_it_stands_in_the_file(self, tmp_path: Path, shop: Shop) -> None:
        store = SessionStore(tmp_path, "a key")
        store.save(shop, COOKIES)
        content = the_file(store).read_bytes()
        for word in (TOKEN, "thor", "jd.com", shop.username, "cookies", "a key"):
            assert word.encode() not in content

    def test_the_same_session_never_looks_the_same(self, tmp_path: Path, shop: Shop) -> None:
        store = SessionStore(tmp_path, "a key")
        contents = set()
        for _ in range(2):
            store.save(shop, COOKIES)
            # Behind the mark, the salt that all files share, and what tells one key from another.
            contents.add(the_file(store).read_bytes()[50:])
        assert len(contents) == 2

    @pytest.mark.parametrize("read_with", ["another key", None], ids=["another key", "the key is gone"])
    def test_one_of_another_key_is_not_taken_for_none(self, tmp_path: Path, shop: Shop, read_with: str | None) -> None:
        SessionStore(tmp_path, "a key").save(shop, COOKIES)
        before = the_file(SessionStore(tmp_path)).read_bytes()
        store = SessionStore(tmp_path, read_with)
        session = Session(COOKIES, datetime.now(UTC))
        for use in (
            store.load,
            store.parked,
            partial(store.drop, session=session),
            partial(store.update, session=session),
            partial(store.park, reason=SLIDER),
            partial(store.note_check, state="alive"),
        ):
            with pytest.raises(OtherKeyError, match=r"jd_one\.session: the saved session was saved with another key"):
                use(shop)
        store.unpark(shop)
        about = store.about(shop)
        assert (about.saved_at, about.checked_state) == (None, "unknown")
        assert "saved with another key" in about.parked.text
        assert the_file(store).read_bytes() == before

    def test_a_sign_in_by_hand_replaces_one_of_another_key(self, tmp_path: Path, shop: Shop) -> None:
        SessionStore(tmp_path, "a key").save(shop, COOKIES)
        store = SessionStore(tmp_path, "another key")
        store.save(shop, COOKIES[:1])
        assert store.load(shop) is not None

    def test_one_from_before_there_was_a_key_is_encrypted(
        self, tmp_path: Path, shop: Shop, caplog: pytest.LogCaptureFixture
    ) -> None:
        SessionStore(tmp_path).save(shop, COOKIES)
        caplog.clear()
        store = SessionStore(tmp_path, "a key")
        session = store.load(shop)
        assert session is not None
        assert session.cookies() == COOKIES
        assert TOKEN.encode() not in the_file(store).read_bytes()
        assert store.load(shop) is not None
        assert [record.getMessage() for record in caplog.records] == [
            "one: saved before SHOPDATA_SECRET_KEY was set; encrypted now"
        ]

    def test_without_a_key_a_run_is_told_once(
        self, tmp_path: Path, make_shop: MakeShop, caplog: pytest.LogCaptureFixture
    ) -> None:
        one, two = make_shop(), make_shop(id="two", username="two@example.com")
        store = SessionStore(tmp_path)
        for shop in (one, two):
            store.save(shop, COOKIES)
            assert store.load(shop) is not None
        assert [record.getMessage() for record in caplog.records] == [Texts("en")("sessions.plain")]

    @pytest.mark.parametrize(
        ("encrypt", "other", "is_refused"),
        [
            pytest.param("a key", None, True, id="encrypted files and no key"),
            pytest.param("a key", "another key", False, id="a key"),
            pytest.param(None, None, False, id="plain files only"),
        ],
    )
    def test_plain_ones_are_not_laid_beside_encrypted_ones(
        self, tmp_path: Path, shop: Shop, encrypt: str | None, other: str | None, is_refused: bool
    ) -> None:
        SessionStore(tmp_path, encrypt).save(shop, COOKIES)
        told = pytest.raises(UsageError, match=r"SHOPDATA_SECRET_KEY is not set, but .* 1 of them, .* jd_one\.session")
        with told if is_refused else contextlib.nullcontext():
            SessionStore(tmp_path, other).refuse_mixing()

    def test_files_from_before_they_had_a_mark(self, tmp_path: Path, shop: Shop) -> None:
        """As the program wrote them until it learned to tell another key from damage: a salt, then a token."""
        store = SessionStore(tmp_path, "a key")
        store.save(shop, COOKIES)
        content = unseal(the_file(store).read_bytes(), "a key")
        salt = b"0123456789abcdef"
        key = hashlib.scrypt(b"a key", salt=salt, n=2**14, r=8, p=1, dklen=32)
        the_file(store).write_bytes(salt + Fernet(base64.urlsafe_b64encode(key)).encrypt(content))
        assert store.load(shop) is not None
        with pytest.raises(OtherKeyError):
            SessionStore(tmp_path, "another key").load(shop)
        with pytest.raises(UsageError):
            SessionStore(tmp_path).refuse_mixing()

    def test_a_changed_byte_opens_nothing(self, tmp_path: Path, shop: Shop) -> None:
        store = SessionStore(tmp_path, "a key")
        store.save(shop, COOKIES)
        content = bytearray(the_file(store).read_bytes())
        content[90] ^= 1
        the_file(store).write_bytes(content)
        assert store.load(shop) is None

    def test_no_way_of_printing_shows_it(self, tmp_path: Path, shop: Shop) -> None:
        store = SessionStore(tmp_path, "a key that is secret")
        assert "a key that is secret" not in repr(store)
        assert TOKEN not in repr(store.save(shop, COOKIES))


class TestAShopThatWaitsForAPerson:
    def test_is_remembered_without_its_password(self, store: SessionStore, shop: Shop) -> None:
        store.park(shop, Reason("challenge", {}, "credentials refused"))
        assert store.parked(shop) == Reason("challenge", {}, "credentials refused")
        assert b"right-horse" not in the_file(store).read_bytes()

    @pytest.mark.parametrize(
        "change",
        [
            pytest.param({"password": "battery-staple"}, id="another password"),
            pytest.param({"username": "other@example.com"}, id="another user name"),
        ],
    )
    def test_is_let_go_when_its_credentials_change(
        self, store: SessionStore, shop: Shop, make_shop: MakeShop, change: dict[str, str]
    ) -> None:
        store.park(shop, Reason("challenge", {}, "credentials refused"))
        assert not store.parked(make_shop(**change))

    @pytest.mark.parametrize("key", ["portal_shop", "portal_name"])
    def test_is_let_go_when_it_is_said_which_shop_is_meant(
        self, store: SessionStore, shop: Shop, make_shop: MakeShop, key: str
    ) -> None:
        store.park(shop, Reason("challenge", {}, "a choice among several shops"))
        assert not store.parked(make_shop(**{key: "第一家店"}))

    def test_is_let_go_on_request(self, store: SessionStore, shop: Shop) -> None:
        store.park(shop, SLIDER)
        store.unpark(shop)
        assert not store.parked(shop)

    def test_is_let_go_by_a_sign_in(self, store: SessionStore, shop: Shop) -> None:
        store.park(shop, SLIDER)
        store.save(shop, COOKIES)
        assert not store.parked(shop)

    def test_keeps_the_session_that_there_is(self, store: SessionStore, shop: Shop) -> None:
        store.save(shop, COOKIES)
        store.park(shop, Reason("challenge", {}, "risk control wants a person"))
        assert store.load(shop) is not None

    def test_still_waits_when_its_session_dies(self, store: SessionStore, shop: Shop) -> None:
        session = store.save(shop, COOKIES)
        store.park(shop, SLIDER)
        store.drop(shop, session)
        assert store.parked(shop) == SLIDER

    def test_one_that_never_waited_does_not(self, store: SessionStore, shop: Shop) -> None:
        assert not store.parked(shop)


class TestWhatIsKnownWithoutAsking:
    def test_nothing_before_the_first_sign_in(self, store: SessionStore, shop: Shop) -> None:
        assert store.about(shop).saved_at is None

    def test_the_last_check_is_remembered_until_the_next_sign_in(self, store: SessionStore, shop: Shop) -> None:
        store.save(shop, COOKIES)
        store.note_check(shop, "alive")
        assert store.about(shop).checked_state == "alive"
        store.save(shop, COOKIES)
        assert store.about(shop).checked_state == ""


def cookie(name: str, domain: str, *, path: str = "/", secure: bool = False, expires: float = -1) -> dict[str, Any]:
    return {"name": name, "value": "v", "domain": domain, "path": path, "secure": secure, "expires": expires}


class TestWhereCookiesGo:
    """As in a browser (RFC 6265)."""

    COOKIES = (
        cookie("domain", ".jd.com"),
        cookie("host", "ppzh.jd.com"),
        cookie("path", ".jd.com", path="/brand"),
        cookie("secure", ".jd.com", secure=True),
        cookie("old", ".jd.com", expires=1_000_000_000),
        cookie("later", ".jd.com", expires=4_102_444_800.5),
        cookie("address", "127.0.0.1"),
        cookie("local", "localhost"),
    )

    @pytest.mark.parametrize(
        ("url", "names"),
        [
            pytest.param("https://ppzh.jd.com/", {"domain", "host", "secure", "later"}, id="its own host"),
            pytest.param("https://ppzh.jd.com:8443/", {"domain", "host", "secure", "later"}, id="on any port"),
            pytest.param("https://zhgateway.jd.com/", {"domain", "secure", "later"}, id="another host of the domain"),
            pytest.param("https://a.ppzh.jd.com/", {"domain", "secure", "later"}, id="below a host-only cookie"),
            pytest.param("https://jd.com/", {"domain", "secure", "later"}, id="the domain itself"),
            pytest.param("https://x.jd.com/brand/a", {"domain", "path", "secure", "later"}, id="below the path"),
            pytest.param("https://x.jd.com/brandy", {"domain", "secure", "later"}, id="a path that begins alike"),
            pytest.param("http://x.jd.com/", {"domain", "later"}, id="plain http"),
            pytest.param("https://eviljd.com/", set(), id="a domain that ends alike"),
            pytest.param("https://jd.com.evil.test/", set(), id="a domain that begins alike"),
            pytest.param("http://127.0.0.1:5000/", {"address"}, id="an address"),
            pytest.param("http://localhost:5000/", {"local"}, id="localhost"),
        ],
    )
    def test_cookies_for(self, url: str, names: set[str]) -> None:
        header = Session(self.COOKIES, datetime.now(UTC)).cookie_header(url)
        assert {pair.partition("=")[0] for pair in header.split("; ") if pair} == names

    def test_values_travel_as_they_are(self) -> None:
        value = "a=b|x y|%E5==\"'"
        session = Session([cookie("thor", ".jd.com") | {"value": value}], datetime.now(UTC))
        assert session.cookie_header("https://ppzh.jd.com/") == f"thor={value}"


class TestSetCookie:
    def test_a_new_value_is_taken_over(self) -> None:
        session = Session([cookie("thor", "ppzh.jd.com")], datetime.now(UTC))
        session.take_cookies("https://ppzh.jd.com/list", ["thor=new; Path=/; HttpOnly"])
        assert session.cookie_header("https://ppzh.jd.com/") == "thor=new"
        assert session.is_changed

    def test_several_at_once(self) -> None:
        session = Session([], datetime.now(UTC))
        session.take_cookies("https://ppzh.jd.com/", ["a=1; Domain=.jd.com; Path=/", "b=2; Path=/; Max-Age=100"])
        assert session.cookie_header("https://ppzh.jd.com/") == "a=1; b=2"
        assert session.cookie_header("https://zhgateway.jd.com/") == "a=1"

    def test_an_end_in_the_past_removes_it(self) -> None:
        session = Session([cookie("thor", "ppzh.jd.com")], datetime.now(UTC))
        session.take_cookies("https://ppzh.jd.com/", ["thor=; Path=/; Max-Age=0"])
        assert session.cookie_header("https://ppzh.jd.com/") == ""
        assert session.is_changed

    @pytest.mark.parametrize(
        "set_cookie",
        [
            pytest.param([], id="none"),
            pytest.param(["thor=v; Path=/"], id="the same value"),
            pytest.param(["thor=x; Path=/; Domain=.evil.test"], id="for another domain"),
        ],
    )
    def test_nothing_changed(self, set_cookie: list[str]) -> None:
        session = Session([cookie("thor", "ppzh.jd.com")], datetime.now(UTC))
        session.take_cookies("https://ppzh.jd.com/", set_cookie)
        assert not session.is_changed
        assert session.cookie_header("https://ppzh.jd.com/") == "thor=v"

    def test_survives_saving(self, store: SessionStore, shop: Shop) -> None:
        session = store.save(shop, COOKIES)
        session.take_cookies("https://ppzh.jd.com/", ["thor=renewed; Domain=.jd.com; Path=/"])
        store.save(shop, session.cookies())
        loaded = store.load(shop)
        assert loaded is not None
        assert loaded.cookie_header("https://zhgateway.jd.com/") == "thor=renewed"
