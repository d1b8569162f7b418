"""A shop that waits for a person since an earlier run has the reason of that run."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest

from shopdata.config import Shop
from shopdata.exceptions import CredentialsRefusedError, ParkedError
from shopdata.reasons import Reason
from shopdata.sessions.left_alone import LeftAlone
from shopdata.sessions.sessions import SessionStore

REFUSED = CredentialsRefusedError("credentials refused", params={"said": "账号或密码错误"}, where="shop 'flagship'")


def why(store: SessionStore, shop: Shop) -> Reason:
    """What a later run says of the shop."""
    with pytest.raises(ParkedError) as raised:
        LeftAlone(store, cast("Any", None)).refuse(shop)
    return Reason.of(raised.value)


def test_code_and_facts_are_those_of_the_run_that_parked_it(tmp_path: Path, shop: Shop) -> None:
    store = SessionStore(tmp_path)
    LeftAlone(store, cast("Any", None)).keep(shop, REFUSED)
    reason = why(store, shop)
    assert (reason.code, reason.params) == ("credentials_refused", {"said": "账号或密码错误"})
    assert reason.text.startswith("the shop waits for a person since an earlier run. Then: ")


def test_of_one_that_an_earlier_version_parked_the_sentence_is_not_read(tmp_path: Path, shop: Shop) -> None:
    store = SessionStore(tmp_path)
    store.park(shop, Reason("unknown", {}, "shop 'flagship': credentials refused."))
    assert why(store, shop).code == "parked"
