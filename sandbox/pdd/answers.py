"""How Pinduoduo's endpoints say yes and no: HTTP 200 nearly always, and keys in two spellings (docs/portals.md 0)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from aiohttp import web


@dataclass(frozen=True, slots=True)
class Refusal:
    """A code and a text. docs/portals.md 1.2 [A]: a wrong password has no code."""

    code: int | None
    text: str
    result: Any = None
    status: int = 200


SESSION_EXPIRED = Refusal(43001, "会话已过期")
NOT_SIGNED = Refusal(40002, "请求异常，请稍后重试", status=403)
# docs/portals.md 3.5 lists the last codes from one source only [S]; which text stands beside which code is a guess. [A]
RISK_TEXTS = (
    Refusal(70031, "请完成验证码后继续操作"),
    Refusal(52101, "账号存在风险，已触发风控"),
    Refusal(9501, "账号操作受到限制"),
)
# Their numbers are made up: any code that is not known otherwise.
WRONG_ARGUMENTS = Refusal(1000, "参数错误")
SPAN_TOO_LONG = Refusal(1001, "查询时间跨度超出限制")
FAILED = Refusal(3000001, "系统异常，数据查询失败")


def too_frequent(verify_token: str) -> Refusal:
    """Code 54001. docs/portals.md 0.3 [C 5]: it comes with a token for the captcha."""
    return Refusal(54001, "操作太过频繁，请稍后再试", {"verifyAuthToken": verify_token})


@dataclass(frozen=True, slots=True)
class Call:
    """One kind of call: its name, how it spells, and whether a page must sign it.

    docs/portals.md 0.2 [C 4]: keys have two spellings, 1000000 and 0 mean success, some say no code at all. Which call
    has which was not recorded; here all are among them. [A]
    """

    name: str
    is_camel: bool
    success_code: int | None
    is_signed: bool = False

    def success(self, result: Any) -> web.Response:
        """A good answer."""
        code, text = _keys(self.is_camel)
        body = {"success": True, "result": result}
        if self.success_code is not None:
            body |= {code: self.success_code, text: None}
        return json_answer(body)

    def refusal(self, refusal: Refusal, *, is_other_spelling: bool = False) -> web.Response:
        """A bad one, in the usual spelling of this call or in the other."""
        code, text = _keys(self.is_camel is not is_other_spelling)
        body: dict[str, Any] = {"success": False, text: refusal.text}
        if refusal.code is not None:
            body[code] = refusal.code
        if refusal.result is not None:
            body["result"] = refusal.result
        return json_answer(body, status=refusal.status)


def json_answer(body: dict[str, Any], *, status: int = 200) -> web.Response:
    """A body as JSON in UTF-8."""
    text = json.dumps(body, ensure_ascii=False)
    if not text.isascii() and any("\ud800" <= sign <= "\udfff" for sign in text):
        # Half a sign has no form in UTF-8.
        text = json.dumps(body)
    return web.Response(text=text, content_type="application/json", charset="utf-8", status=status)


def _keys(is_camel: bool) -> tuple[str, str]:
    return ("errorCode", "errorMsg") if is_camel else ("error_code", "error_msg")
