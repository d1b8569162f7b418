"""Which shop an account opens: kept at the first sign-in, compared at every later one."""

from __future__ import annotations

import stat
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from shopdata.accounts import fingerprint
from shopdata.config import Shop
from shopdata.exceptions import WrongShopError
from shopdata.sessions.identity import Identities, describe

MakeShop = Callable[..., Shop]

MALL = {"mall id": "123456789"}
OTHER_MALL = {"mall id": "987654321"}


@pytest.fixture
def identities(tmp_path: Path) -> Identities:
    return Identities(tmp_path / "sessions")


def test_the_first_one_is_kept(identities: Identities, shop: Shop) -> None:
    assert identities.of(shop) == {}
    identities.check_and_keep(shop, MALL, [shop])
    assert identities.of(shop) == MALL
    identities.check_and_keep(shop, MALL, [shop])


def test_another_one_is_refused_until_it_is_accepted(identities: Identities, shop: Shop) -> None:
    identities.check_and_keep(shop, MALL, [shop])
    with pytest.raises(WrongShopError) as error:
        identities.check_and_keep(shop, OTHER_MALL, [shop])
    assert str(error.value) == (
        "shop 'one': the account opens another shop than before; nothing was asked of it. "
        "Found mall id 987654321, expected mall id 123456789. "
        "Fix user name and password, or accept it with `scrapy login one --accept-identity`."
    )
    assert identities.of(shop) == MALL
    identities.check_and_keep(shop, OTHER_MALL, [shop], is_accepted=True)
    assert identities.of(shop) == OTHER_MALL


@pytest.mark.parametrize(
    ("found", "is_same"),
    [
        pytest.param({"shop name": "店", "account": "two"}, True, id="another account of the same shop"),
        pytest.param({"shop name": "别的店", "account": "one"}, False, id="another shop of the same account"),
        pytest.param({"account": "one"}, True, id="the name is not to be seen"),
        pytest.param({"account": "two"}, False, id="another account, and the name is not to be seen"),
        pytest.param({}, True, id="nothing is to be seen"),
    ],
)
def test_the_surest_fact_that_both_tell_decides(
    identities: Identities, shop: Shop, found: dict[str, str], is_same: bool
) -> None:
    identities.check_and_keep(shop, {"shop name": "店", "account": "one"}, [shop])
    if is_same:
        identities.check_and_keep(shop, found, [shop])
        assert identities.of(shop)["shop name"] == "店"
    else:
        with pytest.raises(WrongShopError):
            identities.check_and_keep(shop, found, [shop])


class TestPortalName:
    def test_pins_the_shop_from_the_start(self, identities: Identities, make_shop: MakeShop) -> None:
        shop = make_shop(portal_name="123456789")
        with pytest.raises(WrongShopError, match="Found mall id 987654321, expected portal_name '123456789'"):
            identities.check_and_keep(shop, OTHER_MALL, [shop])
        identities.check_and_keep(shop, MALL, [shop])

    def test_is_not_taken_on_trust(self, identities: Identities, make_shop: MakeShop) -> None:
        shop = make_shop(portal_name="店")
        with pytest.raises(WrongShopError, match="Found nothing that tells who it is"):
            identities.check_and_keep(shop, {}, [shop])

    def test_says_more_than_what_was_before(self, identities: Identities, make_shop: MakeShop) -> None:
        identities.check_and_keep(make_shop(), MALL, [])
        shop = make_shop(portal_name="987654321")
        identities.check_and_keep(shop, OTHER_MALL, [shop])
        assert identities.of(shop) == OTHER_MALL

    def test_is_not_overruled_by_accepting(self, identities: Identities, make_shop: MakeShop) -> None:
        shop = make_shop(portal_name="123456789")
        with pytest.raises(WrongShopError):
            identities.check_and_keep(shop, OTHER_MALL, [shop], is_accepted=True)


class TestTwoShops:
    def test_one_account_for_both_is_refused(self, identities: Identities, make_shop: MakeShop) -> None:
        shops = [make_shop(id="one"), make_shop(id="two", name="第二家店")]
        identities.check_and_keep(shops[0], MALL, shops)
        with pytest.raises(
            WrongShopError, match=r"opens the shop that 'one' has already.*Found mall id 123456789 for both"
        ):
            identities.check_and_keep(shops[1], MALL, shops)
        assert identities.of(shops[1]) == {}

    @pytest.mark.parametrize("how", ["disabled", "gone"])
    def test_an_id_that_is_not_in_use_has_its_days_still(
        self, identities: Identities, make_shop: MakeShop, how: str
    ) -> None:
        old, new = make_shop(id="one", enabled=how != "disabled"), make_shop(id="two", name="第二家店")
        shops = [old, new] if how == "disabled" else [new]
        identities.check_and_keep(old, MALL, [old])
        with pytest.raises(WrongShopError, match=r"'one' has already.*`scrapy shops rename one two`.*the old id back"):
            identities.check_and_keep(new, MALL, shops)
        # A person knows better: the old days stay under the old id.
        identities.check_and_keep(new, MALL, shops, is_accepted=True)
        identities.check_and_keep(new, MALL, shops)
        assert identities.of(old) == {}

    def test_on_the_other_platform_it_does_not_matter(self, identities: Identities, make_shop: MakeShop) -> None:
        shops = [make_shop(id="one", platform="pdd"), make_shop(id="two", name="第二家店")]
        identities.check_and_keep(shops[0], MALL, shops)
        identities.check_and_keep(shops[1], MALL, shops)

    def test_swapped_ids_are_refused_by_both_names(self, identities: Identities, make_shop: MakeShop) -> None:
        shops = [make_shop(id="one"), make_shop(id="two", name="第二家店")]
        identities.check_and_keep(shops[0], MALL, shops)
        identities.check_and_keep(shops[1], OTHER_MALL, shops)
        with pytest.raises(WrongShopError, match=r"shop 'one': .*another shop than before, the one that 'two' has"):
            identities.check_and_keep(shops[0], OTHER_MALL, shops)
        with pytest.raises(WrongShopError, match="'two' has already"):
            identities.check_and_keep(shops[0], OTHER_MALL, shops, is_accepted=True)
        for old, new in (("one", "tmp"), ("two", "one"), ("tmp", "two")):
            identities.rename("jd", old, new)
        identities.check_and_keep(shops[0], OTHER_MALL, shops)
        identities.check_and_keep(shops[1], MALL, shops)

    def test_where_the_file_was_lost_the_ledger_knows(self, identities: Identities, make_shop: MakeShop) -> None:
        shops = [make_shop(id="one"), make_shop(id="two", name="第二家店")]
        known = {"one": fingerprint("jd", MALL), "two": fingerprint("jd", OTHER_MALL)}
        with pytest.raises(WrongShopError, match="another shop than before, the one that 'two' has"):
            identities.check_and_keep(shops[0], OTHER_MALL, shops, known=known)
        with pytest.raises(WrongShopError, match=r"another shop than before;.*expected the shop that this id had"):
            identities.check_and_keep(shops[0], {"mall id": "5"}, shops, known=known)
        new = make_shop(id="new", name="新店")
        with pytest.raises(WrongShopError, match="'one' has already"):
            identities.check_and_keep(new, MALL, [new], known=known)
        identities.check_and_keep(new, MALL, [new], known=known, is_accepted=True)
        identities.check_and_keep(new, MALL, [new], known=known)
        identities.forget("jd", "two")
        identities.check_and_keep(make_shop(id="three"), OTHER_MALL, [], known=known)


def test_an_account_is_not_told_in_full() -> None:
    assert describe({"shop name": "店", "account": "sandbox-jd-01"}) == "shop name 店, account sa…01"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows knows no such modes")
def test_only_its_owner_can_read_the_file(identities: Identities, shop: Shop) -> None:
    identities.check_and_keep(shop, MALL, [shop])
    assert {stat.S_IMODE(path.stat().st_mode) for path in identities.folder.iterdir()} == {0o600}


@pytest.mark.parametrize("content", [b"", b"[]", b"\xff", b"{"], ids=repr)
def test_a_broken_file_is_as_none(identities: Identities, shop: Shop, content: bytes) -> None:
    identities.check_and_keep(shop, MALL, [shop])
    (identities.folder / "identities.json").write_bytes(content)
    identities.check_and_keep(shop, OTHER_MALL, [shop])
    assert identities.of(shop) == OTHER_MALL
