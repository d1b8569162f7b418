"""What a person is told of a reason, by its code, in Chinese and English: the one table of these texts.

A row is a kind: codes that need the same of a person. It has the code of an error class, a title and what to do. The
codes below it are finer: they add a few words, whose holes are the reason's facts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Language = Literal["zh", "en"]
#: A text in each language.
Both = tuple[str, str]


@dataclass(frozen=True)
class Kind:
    """A group of codes that need the same of a person."""

    title: Both
    todo: Both
    #: The finer codes, with a few words for each.
    finer: Mapping[str, Both] = field(default_factory=dict)


def _kind(zh: Both, en: Both, **finer: Both) -> Kind:
    return Kind((zh[0], en[0]), (zh[1], en[1]), finer)


KINDS: Mapping[str, Kind] = {
    # -- somebody must sign in, or correct the account --------------------------------------------------------------
    "credentials_refused": _kind(
        ("账号或密码被拒绝", "核对并更新该店的账号密码（环境变量）；改好之前不会再试，以免锁号。"),
        (
            "User name or password refused",
            "Correct them in the environment. They are not tried again unchanged, because accounts get locked.",
        ),
    ),
    "challenge": _kind(
        ("平台要求人工验证", "在取数机器上人工登录一次，之后自动继续。"),
        ("The portal asks for a person", "Sign in once by hand on the collecting machine; the rest follows by itself."),
        captcha_wanted=("滑块或验证码", "a slider or captcha"),
        sms_code_wanted=("短信验证码", "an SMS code"),
        sms_code_refused=("短信验证码不对或已过期", "the SMS code was wrong or too old"),
        shop_choice_wanted=("要选择进入哪家店铺", "a choice among several shops"),
        account_locked=("账号已被锁定", "the account is locked"),
        risk_check_wanted=("风控要求人工验证", "its risk control wants a person"),
        risk_not_lifted=("风控一直不放行", "its risk control did not let go"),
    ),
    "wrong_shop": _kind(
        ("登录的账号不是这家店", "核对 shops.yaml 里的账号与店铺是否对应；没有取任何数据。"),
        ("The account opens another shop", "Compare accounts and shops in shops.yaml. Nothing was collected."),
        shop_entered_twice=("与「{twin}」是同一家店", "the same shop as {twin}"),
    ),
    "browser_missing": _kind(
        ("取数机器上没有浏览器", "在取数机器上执行 playwright install chromium。"),
        ("No browser on the collecting machine", "Run `playwright install chromium` there."),
    ),
    "other_key": _kind(
        ("登录会话是用另一个密钥保存的", "把 SHOPDATA_SECRET_KEY 改回原来的值；密钥已丢失的话，人工登录一次。"),
        (
            "The session was saved with another key",
            "Set SHOPDATA_SECRET_KEY back; if it is lost, sign in by hand once.",
        ),
    ),
    "parked": _kind(
        ("等人登录或更正账号", "人工登录一次，或更正账号密码；在此之前不会再试。"),
        ("The shop waits for a person", "Sign in by hand, or correct the account. It is not tried before that."),
    ),
    "needs_person": _kind(
        ("需要人工处理", "按原因处理，然后再运行一次。"),
        ("A person is needed", "Do what the reason says, then run again."),
    ),
    # -- passes by itself -------------------------------------------------------------------------------------------
    "browser_failed": _kind(
        (
            "取数机器上的浏览器启动不了",
            "与店铺和平台无关：按原因处理取数机器（磁盘、内存、浏览器路径），然后再运行一次。",
        ),
        (
            "The browser can't be started on the collecting machine",
            "No shop or portal is to blame: see the reason (disk, memory, path of the browser), then run again.",
        ),
        browser_died=("登录中途浏览器退出", "it ended during the sign-in"),
    ),
    "portal_failed": _kind(
        ("平台无响应或返回异常", "暂不用处理，下次运行自动重试；若一直如此，请人工打开后台查看。"),
        (
            "The portal did not answer as it should",
            "Nothing to do now: the next run asks again. If it stays, look at the back office by hand.",
        ),
        http_status=("HTTP {status}", "HTTP {status}"),
        no_answer=("没有应答", "no answer"),
        answer_cut_short=("下载不完整", "the download was cut short"),
        link_in_circles=("下载链接不断跳转", "its download link goes in circles"),
        login_page_failed=("登录页打不开或不认识", "its login page did not open, or is not as it was"),
        report_list_unclear=("报表列表里分不清是哪一份", "its list of reports leaves open which one is ours"),
    ),
    "odd_answer": _kind(
        (
            "平台返回的内容看不懂或过大（原件已保留）",
            "暂不用处理，下次运行自动重试；若一直如此，查看原件，平台可能已改版。",
        ),
        (
            "The portal's answer is unknown or too large (kept)",
            "Nothing to do now: the next run asks again. If it stays, look at the file: the portal may have changed.",
        ),
        answer_too_large=("内容过大", "too large"),
        cell_too_long=("耗时过长", "it took too long"),
    ),
    "proxy_failed": _kind(
        (
            "公司代理服务器拒绝或连不上",
            "检查 HTTPS_PROXY（地址、用户名、密码）和代理服务器；不经代理的域名写进 NO_PROXY。",
        ),
        (
            "The company's proxy refused or is out of reach",
            "Check HTTPS_PROXY (address, user name, password) and the proxy; NO_PROXY names hosts that go around it.",
        ),
    ),
    "report_too_late": _kind(
        ("平台没有按时生成报表", "暂不用处理，下次运行会接着取同一份报表。"),
        ("The portal did not finish the report in time", "Nothing to do now: the next run fetches the same report."),
    ),
    "sign_in_unclear": _kind(
        (
            "登录没有成功，平台也没说账号密码有误",
            "暂不用处理，下次运行自动再试（同一次运行不再提交密码，以免锁号）；若一直如此，请在取数机器上人工登录一次。",
        ),
        (
            "The sign-in led nowhere, and nothing was said about the password",
            "Nothing to do now: the next run tries again (this one sends no password twice). Or sign in by hand.",
        ),
        browser_died_after_password=("提交密码后浏览器退出", "the browser ended after the password was sent"),
    ),
    "risk_blocked": _kind(
        ("平台风控：请求过于频繁", "暂不用处理，下次运行自动重试；期间少开该店后台。"),
        (
            "Risk control: too many requests",
            "Nothing to do now: the next run asks again. Use the back office sparingly.",
        ),
    ),
    "rows_incomplete": _kind(
        ("平台返回的条数与总数不一致", "暂不用处理，下次运行自动重试；若一直如此，请在后台核对条数。"),
        (
            "Fewer rows came than the portal says there are",
            "Nothing to do now: the next run asks again. If it stays, count them in the back office.",
        ),
    ),
    "not_ready": _kind(
        ("过了截止时间，平台仍未出数", "请到平台后台确认当天数据是否已出，出数后再运行一次。"),
        (
            "The portal has no figures yet, and the deadline has passed",
            "Look whether the back office has them; run again once it does.",
        ),
    ),
    "store_failed": _kind(
        ("对象存储不可用", "检查存储服务；文件已在本机保存，恢复后下次运行自动补传。"),
        (
            "The object store is not available",
            "Check the store. Files are safe on this machine; the next run sends them.",
        ),
    ),
    "ledger_failed": _kind(
        ("账本数据库不可用", "检查数据库和磁盘，然后再运行一次。"),
        ("The ledger's database is not available", "Check the database and the disk, then run again."),
        lease_lost=("已由另一次运行接手", "another run has taken it over"),
    ),
    "disk_failed": _kind(
        ("取数机器磁盘不可写、已满，或文件被占用", "清理磁盘，关掉占用文件的程序，然后再运行一次。"),
        (
            "The collecting machine's disk is full or not writable, or a file is in use",
            "Make room, close the program that holds the file, then run again.",
        ),
        disk_full=("磁盘已满", "the disk is full"),
        file_in_use=("文件被占用", "a file is in use"),
        staged_file_changed=(
            "待上传的文件在本机被改动或损坏，已重新取数",
            "a file waiting to be sent was changed; collected again",
        ),
    ),
    "refresh_failed": _kind(
        ("Dremio 未刷新（数据已入湖）", "查询可能仍是旧数据；下次运行自动刷新，若一直失败请检查 Dremio。"),
        (
            "Dremio not refreshed (the data is in the lake)",
            "Queries may show the old data. The next run refreshes; if it keeps failing, check Dremio.",
        ),
    ),
    "alert_failed": _kind(
        ("通知没有发出去", "检查 alerts.yaml 里的渠道，可用 scrapy alert_test 试发；下次运行会补发。"),
        ("An alert was not taken", "Check the channel in alerts.yaml with `scrapy alert_test`; the next run sends it."),
    ),
    # -- stays until something is changed ---------------------------------------------------------------------------
    "report_refused": _kind(
        ("平台拒绝生成报表", "确认该账号能在后台打开这张报表，然后再运行一次。"),
        (
            "The portal refused to make the report",
            "See that this account can open it in the back office, then run again.",
        ),
    ),
    "session_refused": _kind(
        ("登录后又被退回登录页", "在取数机器上人工登录一次，看看页面要求什么。"),
        (
            "Signed in, and sent back to the login page",
            "Sign in by hand on the collecting machine, and look what the page wants.",
        ),
        session_not_lasting=("可能有人在别处用同一账号登录", "somebody else may use the same account"),
    ),
    "certificate_untrusted": _kind(
        ("证书不受信任", "公司有自己的根证书时，把 SSL_CERT_FILE 指向它（PEM 格式），然后再运行一次。"),
        (
            "The certificate is not trusted",
            "If the company has a root certificate of its own, point SSL_CERT_FILE at it (PEM), then run again.",
        ),
        certificate_out_of_date=("不在有效期内", "it is not of today"),
        certificate_of_other_host=("是另一个域名的证书", "it is another host's"),
    ),
    "host_forbidden": _kind(
        (
            "下载链接或登录页指向未允许的域名",
            "确认是平台的新域名后，加到 portals.yaml 的 download_hosts（登录页则是 login_hosts）。",
        ),
        (
            "A link or the login form leads to a host that is not allowed",
            "If it is the portal's own, add it to `download_hosts` in portals.yaml (a login page's to `login_hosts`).",
        ),
        download_host_forbidden=("{host}", "{host}"),
        login_host_forbidden=("登录页：{host}", "login page: {host}"),
    ),
    "file_rejected": _kind(
        ("文件不合格，未入湖（原件已保留）", "查看原件；若平台改了列名，在该数据集 yaml 的 aliases 里补上。"),
        (
            "The file is not as it should be, and not in the lake (kept)",
            "Look at it. If the portal has renamed a column, add the new name under `aliases` in the dataset's YAML.",
        ),
        missing_columns=("缺少必需列「{columns}」", "no column {columns}"),
        column_twice=("「{column}」出现两列", "two columns {column}"),
        no_header=("找不到表头", "no header"),
        other_day=("「{column}」不是所要的日期", "{column} is of another day"),
        no_rows=("只有表头，没有数据", "a header and no rows"),
        web_page=("拿到的是网页，不是报表", "a web page instead of a report"),
        message_instead=("里面是一句话，不是表格：「{said}」", "a message instead of a table: {said}"),
        row_count_differs=("行数与记录不符", "it does not hold the rows that it says"),
        file_damaged=("文件不完整或已损坏", "cut short or damaged"),
        password_protected=("文件有密码", "protected by a password"),
        file_too_large=("文件过大", "too large"),
        several_tables=("里面不止一张表", "more than one table in it"),
        unreadable=("读不出表格", "no table can be read from it"),
        raw_file_changed=("存储里的原件与记录不符", "the original in the store is not the one that was kept"),
    ),
    "receipt_odd": _kind(
        (
            "存储里的回执不可信或缺失",
            "用 scrapy verify 查看还完整的部分，再用 scrapy replay 从 raw/ 重建；查清还有谁在写存储桶。",
        ),
        (
            "A receipt in the store can't be believed, or is missing",
            "See with `scrapy verify` what is whole, rebuild with `scrapy replay`, and find out who else writes there.",
        ),
    ),
    # -- nothing was asked ------------------------------------------------------------------------------------------
    "usage_wrong": _kind(
        ("命令或运行环境有误", "按原因修改，然后再运行一次。"),
        ("Something in the command or its surroundings is wrong", "Do what the reason says, then run again."),
        config_wrong=("配置文件有误", "the configuration"),
        arguments_wrong=("参数有误", "an argument"),
    ),
    # -- no error: where a cell stands ------------------------------------------------------------------------------
    "staged": _kind(
        ("已取到，还没有入湖", "文件不会丢；再运行一次即可入湖，不会重复取数。若一直如此，请看日志。"),
        (
            "Collected, and not in the lake yet",
            "The files are safe: run again, and they are published without a new request. If it stays, see the log.",
        ),
    ),
    "stopped": _kind(
        ("运行中断，没有取完", "再运行一次即可，已完成的不会重复。"),
        ("The run was interrupted", "Run again; what is done is not asked for twice."),
        not_asked=("还没有取", "not asked yet"),
        run_stopped=("运行被停止", "it was stopped"),
        run_died=("运行意外结束", "its process ended"),
        raw_file_gone=("原件已从存储中消失，将重新取数", "the original is gone from the store; it is collected again"),
    ),
    "bug": _kind(
        ("程序意外出错", "请把日志发给开发人员；其他店铺不受影响。"),
        ("A mistake in the program", "Send the log to the developers. Other shops are not affected."),
        bug=("{error}", "{error}"),
    ),
    "failed": _kind(
        ("未成功", "按原因处理，然后再运行一次。"),
        ("Not done", "Do what the reason says, then run again."),
        no_file=("爬虫没有交来它的文件", "the spider gave no file for it"),
        # What earlier versions wrote has a sentence and no code.
        unknown=("", ""),
    ),
}
