"""Why a cell is not there, in Chinese: from the sentence that the ledger keeps to a kind with what to do."""

from __future__ import annotations

import re
from dataclasses import dataclass

from shopdata.states import CellState


@dataclass(frozen=True)
class Kind:
    """A group of reasons that need the same of a person."""

    title: str
    todo: str


#: By the name of the error class (`exceptions.py`), and four that no class stands for.
KINDS: dict[str, Kind] = {
    "CredentialsRefusedError": Kind(
        "账号或密码被拒绝", "核对并更新该店的账号密码（环境变量）；改好之前不会再试，以免锁号。"
    ),
    "ChallengeError": Kind("平台要求人工验证", "在取数机器上人工登录一次，之后自动继续。"),
    "WrongShopError": Kind("登录的账号不是这家店", "核对 shops.yaml 里的账号与店铺是否对应；没有取任何数据。"),
    "BrowserMissingError": Kind("取数机器上没有浏览器", "在取数机器上执行 playwright install chromium。"),
    "OtherKeyError": Kind(
        "登录会话是用另一个密钥保存的", "把 SHOPDATA_SECRET_KEY 改回原来的值；密钥已丢失的话，人工登录一次。"
    ),
    "BrowserError": Kind(
        "取数机器上的浏览器启动不了", "与店铺和平台无关：按原因处理取数机器（磁盘、内存、浏览器路径），然后再运行一次。"
    ),
    "PortalError": Kind("平台无响应或返回异常", "暂不用处理，下次运行自动重试；若一直如此，请人工打开后台查看。"),
    "OddAnswerError": Kind(
        "平台返回的内容看不懂或过大（原件已保留）",
        "暂不用处理，下次运行自动重试；若一直如此，查看原件，平台可能已改版。",
    ),
    "ProxyError": Kind(
        "公司代理服务器拒绝或连不上",
        "检查 HTTPS_PROXY（地址、用户名、密码）和代理服务器；不经代理的域名写进 NO_PROXY。",
    ),
    "UntrustedError": Kind(
        "证书不受信任", "公司有自己的根证书时，把 SSL_CERT_FILE 指向它（PEM 格式），然后再运行一次。"
    ),
    "TooLateError": Kind("平台没有按时生成报表", "暂不用处理，下次运行会接着取同一份报表。"),
    "UnclearSignInError": Kind(
        "登录没有成功，平台也没说账号密码有误",
        "暂不用处理，下次运行自动再试（同一次运行不再提交密码，以免锁号）；若一直如此，请在取数机器上人工登录一次。",
    ),
    "RiskBlockedError": Kind("平台风控：请求过于频繁", "暂不用处理，下次运行自动重试；期间少开该店后台。"),
    "IncompleteError": Kind(
        "平台返回的条数与总数不一致", "暂不用处理，下次运行自动重试；若一直如此，请在后台核对条数。"
    ),
    "NotReadyError": Kind("过了截止时间，平台仍未出数", "请到平台后台确认当天数据是否已出，出数后再运行一次。"),
    "ReportRefusedError": Kind("平台拒绝生成报表", "确认该账号能在后台打开这张报表，然后再运行一次。"),
    "SessionRefusedError": Kind("登录后又被退回登录页", "在取数机器上人工登录一次，看看页面要求什么。"),
    "ForbiddenHostError": Kind(
        "下载链接或登录页指向未允许的域名",
        "确认是平台的新域名后，加到 portals.yaml 的 download_hosts（登录页则是 login_hosts）。",
    ),
    "RejectedFileError": Kind(
        "文件不合格，未入湖（原件已保留）", "查看原件；若平台改了列名，在该数据集 yaml 的 aliases 里补上。"
    ),
    "StoreError": Kind("对象存储不可用", "检查存储服务；文件已在本机保存，恢复后下次运行自动补传。"),
    "LedgerError": Kind("账本数据库不可用", "检查数据库和磁盘，然后再运行一次。"),
    "DiskError": Kind("取数机器磁盘不可写、已满，或文件被占用", "清理磁盘，关掉占用文件的程序，然后再运行一次。"),
    "RefreshError": Kind(
        "Dremio 未刷新（数据已入湖）", "查询可能仍是旧数据；下次运行自动刷新，若一直失败请检查 Dremio。"
    ),
    "staged": Kind("已取到，还没有入湖", "文件不会丢；再运行一次即可入湖，不会重复取数。若一直如此，请看日志。"),
    "stopped": Kind("运行中断，没有取完", "再运行一次即可，已完成的不会重复。"),
    "bug": Kind("程序意外出错", "请把日志发给开发人员；其他店铺不受影响。"),
    "other": Kind("未成功", "按原因处理，然后再运行一次。"),
}

#: Kinds that need a person at the machine, who types `scrapy login SHOP`.
SIGN_IN_BY_HAND = frozenset({"ChallengeError", "SessionRefusedError"})

#: What stands in the sentence (`what` of the error), its kind, and what more can be said in a few words. `{0}` is the
#: first group. Only sentences of cells that are `failed`, `rejected` or `needs_login` are looked up.
_SENTENCES: tuple[tuple[str, str, str], ...] = (
    (r"the proxy on the way", "ProxyError", ""),
    (r"the certificate is (?:from nobody|not of today|another host's)", "UntrustedError", ""),
    (r"credentials refused", "CredentialsRefusedError", ""),
    (r"asks for (?:a slider|a captcha)", "ChallengeError", "滑块或验证码"),
    (r"asks for an SMS code", "ChallengeError", "短信验证码"),
    (r"asks for ", "ChallengeError", ""),
    (r"did not take the SMS code", "ChallengeError", "短信验证码不对或已过期"),
    (r"risk control wants a person", "ChallengeError", "风控要求人工验证"),
    (r"risk control did not let go", "ChallengeError", "风控一直不放行"),
    (r"the account opens (?:another shop|the shop that)", "WrongShopError", ""),
    (r"no Chromium was found|there is no browser at this path", "BrowserMissingError", ""),
    (r"was saved with another key", "OtherKeyError", ""),
    (r"the browser can't be started because", "BrowserError", ""),
    (r"the browser ended while the shop was in it", "BrowserError", "登录中途浏览器退出"),
    (r"the browser ended after the password was sent", "UnclearSignInError", "提交密码后浏览器退出"),
    (r"risk control says too often", "RiskBlockedError", ""),
    (r"do not add up to its own total", "IncompleteError", ""),
    (r"did not finish the report in time", "TooLateError", ""),
    (r"(?:refused|failed) to make the report", "ReportRefusedError", ""),
    (r"although the shop has just signed in", "SessionRefusedError", ""),
    (r"sessions do not last", "SessionRefusedError", "可能有人在别处用同一账号登录"),
    (
        r"answer is larger than is allowed|pages hold more than is allowed|row is longer than any",
        "OddAnswerError",
        "内容过大",
    ),
    (r"cell took longer than is allowed", "OddAnswerError", "耗时过长"),
    (
        r"or its total can't be read|is not as rows were|answered with something else|gave no link|is no address"
        r"|the answer has no list|answer can't be unpacked",
        "OddAnswerError",
        "",
    ),
    (r"leads to a host that is not allowed\. Found ([\w.:-]+)", "ForbiddenHostError", "{0}"),
    (r"leads to a host that is not allowed", "ForbiddenHostError", ""),
    (r"the disk is full|the state directory can't be used|does not let go of this file", "DiskError", ""),
    (r"no longer the one that was staged", "DiskError", "待上传的文件在本机被改动或损坏，已重新取数"),
    (r"required column '([^']+)'", "RejectedFileError", "缺少必需列「{0}」"),
    (r"two columns are both '([^']+)'", "RejectedFileError", "「{0}」出现两列"),
    (r"no header was found", "RejectedFileError", "找不到表头"),
    (r"column '([^']+)' is not of the day", "RejectedFileError", "「{0}」不是所要的日期"),
    (r"a header and no rows", "RejectedFileError", "只有表头，没有数据"),
    (r"a web page came instead", "RejectedFileError", "拿到的是网页，不是报表"),
    (r"does not hold the rows that it says", "RejectedFileError", "行数与记录不符"),
    (r"cut short or damaged", "RejectedFileError", "文件不完整或已损坏"),
    (r"protected by a password", "RejectedFileError", "文件有密码"),
    (r"too large|larger than is safe|unpacks to more|different fields than is safe", "RejectedFileError", "文件过大"),
    (r"several sheets hold different tables|zip does not hold one table", "RejectedFileError", "里面不止一张表"),
    (
        r"can't be read|can't be decoded|is no table|is no CSV|not a file of rows|XML entities",
        "RejectedFileError",
        "读不出表格",
    ),
    (r"an unexpected \w+: this is a mistake in the program", "bug", ""),
    (r"HTTP (\d{3})", "PortalError", "HTTP {0}"),
    (r"was cut short", "PortalError", "下载不完整"),
    (r"the portal did not answer", "PortalError", "没有应答"),
    (r"neither the back office nor a refusal", "UnclearSignInError", ""),
    (r"sign-in took too long|browser could not sign in|login page did not show", "PortalError", "登录页打不开或不认识"),
    (
        r"the portal (?:refused|said no)|goes in circles|report list (?:is not as it was|leaves it open)"
        r"|page did not answer as it does",
        "PortalError",
        "",
    ),
)
_LOOKUP = tuple((re.compile(pattern), kind, detail) for pattern, kind, detail in _SENTENCES)

#: What the portal itself said stands in these.
_QUOTE = re.compile(r"「([^」]+)」")


def kind_of(state: CellState, reason: str) -> tuple[str, str]:
    """The kind of a reason and a detail of a few words (may be empty).

    A shop that is parked has the reason of the run that parked it.
    """
    if state is CellState.NOT_READY:
        return "NotReadyError", ""
    if state is CellState.STAGED:
        return "staged", ""
    if state in (CellState.PENDING, CellState.RUNNING):
        return "stopped", ""
    for pattern, kind, detail in _LOOKUP:
        found = pattern.search(reason)
        if found and (state is not CellState.REJECTED or kind == "RejectedFileError"):
            said = _QUOTE.search(reason)
            return kind, detail.format(*found.groups()) or (f"平台提示「{said[1]}」" if said else "")
    if state is CellState.REJECTED:
        return "RejectedFileError", ""
    return "other", ""
