"""The kept shops: encrypted, under one key, read as those of shops.yaml are, and never half changed."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from delivered import Folder

from shopdata.config import Config, KeptShops
from shopdata.exceptions import ArgumentError, ConfigError, UsageError
from shopdata.ledger import Ledger
from shopdata.shops import ShopBook
from shopdata.shops.entered import typed
from shopdata.shops.planning import Plan

SECRETS = ("fake-user-name", "fake-pass-word")


def enter(book: ShopBook, config: Config, *ids: str, **texts: str) -> Plan:
    rows = [
        typed({"id": id, "name": f"店 {id}", "platform": "jd", "username": SECRETS[0], "password": SECRETS[1], **texts})
        for id in ids
    ]
    plan = book.enter(rows, config, may_change=False)
    assert plan.mistakes == []
    return plan


def test_nothing_is_entered_without_a_key(book: ShopBook, config: Config) -> None:
    with pytest.raises(UsageError, match=r"only kept encrypted, and no key is set\. Set it"):
        enter(replace(book, secret_key=None), config, "one")
    assert book.entries() == []


def test_secrets_are_nowhere_to_be_seen(book: ShopBook, config: Config, tmp_path: Path) -> None:
    plan = enter(book, config, "one", "two")
    shops = book.read()
    shown = f"{plan} {book} {book.entries()} {shops} {shops.shops[0]!r} {typed({'username': SECRETS[0]})}"
    assert [shop.username for shop in shops.shops] == [SECRETS[0]] * 2
    held = b"".join(path.read_bytes() for path in sorted((tmp_path / "state").iterdir()))
    assert "店 one".encode() in held, "that is where it lies"
    for secret in SECRETS:
        assert secret not in shown
        assert secret.encode() not in held


def test_another_key_is_told_and_opens_nothing(book: ShopBook, config: Config, folder: Folder) -> None:
    enter(book, config, "one")
    for key, sentence in ((None, "encrypted, and no key is set"), ("another", "encrypted with another key")):
        other = replace(book, secret_key=key)
        (problem,) = other.read().problems
        assert sentence in str(problem)
        with pytest.raises(ConfigError, match=sentence):
            folder.load(other.read())
        with pytest.raises(UsageError):
            enter(other, config, "two")
        assert [entry.id for entry in other.entries()] == ["one"], "names need no key"
        other.set_enabled("one", is_enabled=False)
    # All entered anew is a way out where the key is lost.
    row = typed({"id": "one", "username": "new", "password": "new-fake"})
    assert replace(book, secret_key="another").enter([row], config, may_change=True).mistakes == []
    assert replace(book, secret_key="another").read().shops[0].username == "new"


def test_all_under_a_new_key_or_none(book: ShopBook, config: Config) -> None:
    enter(book, config, "one", "two")
    new = replace(book, secret_key="a new key")
    with pytest.raises(ArgumentError, match="not the key that the kept shops were encrypted with"):
        new.rekey("wrong")
    assert len(book.read().shops) == 2
    assert new.rekey(str(book.secret_key)) == 2
    assert [shop.password.get_secret_value() for shop in new.read().shops] == [SECRETS[1]] * 2
    assert new.rekey(str(book.secret_key)) == 0
    assert len(book.read().problems) == 1


def test_they_stand_behind_those_of_shops_yaml_which_count(book: ShopBook, config: Config, folder: Folder) -> None:
    enter(book, config, "one", "two", "three")
    own = "shops: [{id: one, name: %s, platform: jd, username: u, password: x}]"
    (folder.path / "shops.yaml").write_text(own % "第一家店", "utf-8")
    joined = folder.load(book.read())
    assert [(shop.id, shop.name) for shop in joined.shops] == [
        ("one", "第一家店"),
        ("two", "店 two"),
        ("three", "店 three"),
    ]
    assert (joined.kept, joined.overruled) == ({"two", "three"}, ("one",))
    (folder.path / "shops.yaml").write_text(own % "店 three", "utf-8")
    joined = folder.load(book.read())
    assert ([shop.id for shop in joined.shops], joined.overruled) == (["one", "two"], ("one", "three"))
    for text in ("shops:\n", "shops: []\n", None):
        if text is None:
            (folder.path / "shops.yaml").unlink()
        else:
            (folder.path / "shops.yaml").write_text(text, "utf-8")
        assert [shop.id for shop in folder.load(book.read()).shops] == ["one", "two", "three"]
        with pytest.raises(ConfigError):
            folder.load(KeptShops())


def test_what_a_contract_no_longer_allows_is_a_mistake_of_the_configuration(
    book: ShopBook, config: Config, folder: Folder
) -> None:
    enter(book, config, "one", datasets="jd_store")
    (folder.path / "datasets" / "jd_store.yaml").unlink()
    with pytest.raises(ConfigError, match="the kept shop 'one', datasets: shop 'one' names the dataset 'jd_store'"):
        folder.load(book.read())


def test_one_is_changed_and_the_others_stay(book: ShopBook, config: Config) -> None:
    enter(book, config, "one", "two", "three")
    assert book.set_enabled("two", is_enabled=False)
    assert not book.set_enabled("two", is_enabled=False)
    before = book.ledger.shops.stamp()
    book.rename("two", "zwei")
    assert book.ledger.shops.stamp() != before
    found = [(entry.id, entry.is_enabled) for entry in book.entries()]
    assert found == [("one", True), ("zwei", False), ("three", True)]
    book.rename("zwei", "three")
    assert [entry.name for entry in book.entries()] == ["店 one", "店 three"]
    book.remove("one")
    with pytest.raises(ArgumentError, match="no shop 'one' is kept"):
        book.remove("one")
    assert [entry.id for entry in book.entries()] == ["three"]


def test_people_who_enter_at_the_same_time(database_url: str, config: Config) -> None:
    """One of two that want the same name gets it, the other is told; nobody's are lost."""

    def one(number: int) -> list[str]:
        with Ledger(database_url) as ledger:
            book = ShopBook(ledger, "key")
            texts = {"platform": "jd", "username": "u", "password": "p-fake"}
            rows = [typed({**texts, "id": f"own-{number}", "name": f"own {number}"})]
            assert book.enter(rows, config, may_change=False).mistakes == []
            rows = [typed({**texts, "id": f"like-{number}", "name": "like"})]
            return [mistake.key for mistake in book.enter(rows, config, may_change=False).mistakes]

    Ledger(database_url).close()
    with ThreadPoolExecutor(4) as pool:
        told = list(pool.map(one, range(4)))
    assert sorted(told) == [[], *[["mistake.name_taken"]] * 3]
    with Ledger(database_url) as ledger:
        shops = ShopBook(ledger, "key").read()
    assert (len(shops.shops), shops.problems) == (5, ())


def test_what_is_damaged_is_told(book: ShopBook, config: Config, tmp_path: Path) -> None:
    enter(book, config, "one")
    with closing(sqlite3.connect(tmp_path / "state" / "ledger.sqlite3")) as database, database:
        database.execute("UPDATE shops SET sealed = substr(sealed, 1, 120) || 'AAAA' || substr(sealed, 125)")
    (problem,) = book.read().problems
    assert "user name and password is damaged" in str(problem)
