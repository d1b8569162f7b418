"""What a shop is entered with, and what people call each of it at the top of a column."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import cache

from shopdata.wording import Texts
from shopdata.wording.texts import TAGS

#: In the order of the template. `shop_field.` texts have their names in each language.
FIELDS = (
    "name",
    "platform",
    "username",
    "password",
    "id",
    "datasets",
    "owner",
    "group",
    "since",
    "enabled",
    "portal_name",
    "portal_shop",
)
#: Without these there is no shop.
REQUIRED = ("name", "platform", "username", "password")
#: What may be taken back, by a sign that says so.
OPTIONAL = ("datasets", "owner", "group", "since", "portal_name", "portal_shop")

#: Besides those of the texts, and of shops.yaml.
_OTHERS: Mapping[str, tuple[str, ...]] = {
    "name": ("店铺名称", "店铺名", "店名", "网店名称", "shop name", "store", "store name"),
    "platform": ("所属平台", "平台名称", "电商平台", "渠道", "channel"),
    "username": (
        "用户名",
        "登录账号",
        "登陆账号",
        "登录名",
        "账户",
        "账户名",
        "账号名",
        "登录用户名",
        "帐号",
        "登录帐号",
        "手机号",
        "user",
        "account",
        "login",
    ),
    "password": ("登录密码", "登陆密码", "账号密码", "口令", "pwd", "passwd", "pass"),
    "id": ("编号", "店铺编号", "店铺代码", "代码", "标识", "shop id", "code"),
    "datasets": ("报表", "数据", "采集数据集", "dataset", "data sets", "reports"),
    "owner": ("店铺负责人", "运营", "运营负责人", "责任人", "对接人", "responsible", "manager", "contact"),
    "group": ("店铺分组", "组", "组别", "所属分组", "shop group", "team"),
    "since": ("开始日期", "开店日期", "起始", "起始日", "起始时间", "开始时间", "since date", "start date", "start"),
    "enabled": ("是否启用", "状态", "是否取数", "active", "status"),
    "portal_name": ("平台上的店铺名", "平台店铺名称"),
    "portal_shop": ("进入店铺", "account_shop"),
}


def field_title(t: Texts, field: str) -> str:
    """What a column is called."""
    return t(f"shop_field.{field}")


def field_of(header: str) -> str | None:
    """Which field a column's header means, in any language, width and case; None if none."""
    return _known().get(_plain(header))


@cache
def _known() -> Mapping[str, str]:
    found: dict[str, str] = {}
    for field in FIELDS:
        titles = [field_title(Texts(code), field) for code in TAGS]
        found.update(dict.fromkeys(map(_plain, (field, *titles, *_OTHERS[field])), field))
    return found


def _plain(header: str) -> str:
    text = unicodedata.normalize("NFKC", header).casefold()
    # What stands in brackets says how it is to be filled in.
    text = re.sub(r"[(\[【].*?[)\]】]", "", text)
    return re.sub(r"[\s_\-*:]+", "", text)
