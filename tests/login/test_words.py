"""What a login page says, by its words: a long table, for nobody can look the portals' own words up."""

from __future__ import annotations

import pytest

from shopdata.login.words import Says, is_label, what_it_says

TEXTS: dict[Says, tuple[str, ...]] = {
    Says.REFUSED: (
        "账号或密码错误",
        "账号或密码错误，请重新输入",
        "帐号或密码不正确！",
        "帳號或密碼錯誤",
        "账户名与密码不匹配，请重新输入",
        "您输入的密码和账户名不匹配，是否忘记密码？",
        "密 码 错 误",
        "登录失败：密码错误",
        "密码错误，请稍后再试",
        "密码错误，您可以找回密码或重置密码",
        "密码错误，再错3次账号将被限制",
        "账号或密码错误，您还有2次机会，超过后账号将被锁定24小时",
        "密码输入错误，连续输错5次会锁定账号",
        "用户名不存在",
        "该账号不存在或未注册",
        "账号「shop@example.com」不存在",
        "账号：shop_01 尚未注册",
        "用户不存在",
        "找不到该账号",
        "手机号未注册，请先注册",
        "登录名或登录密码有误",
        "账密有误，请核对",
        "密码校验失败",
        "请输入正确的账号和密码",
        "系统检测到您的密码错误",
        "首次登录请使用初始密码，密码不正确",
        "Invalid username or password",
        "Incorrect password.",
        "Incorrect password. Try again later or reset your password.",
        "The user name or password you entered is incorrect.",
        "Your email and password do not match",
        "We couldn't find your account",
        "No such user",
        "This account does not exist",
        "Please enter a correct username and password.",
        "Wrong credentials",
        "Password is wrong",
        "Incorrect password. You have 3 attempts left before your account is locked.",
        "没有此账号",
        "User not found",
        "We don't recognize that password",
        "That's not the right password",
        "Your username or password isn't valid",
        "手机号或密码错误",
        "手机号码未注册",
        "登录请求失败：密码错误",
        "接口返回错误：用户名或密码错误",
        "服务异常[账号或密码错误]",
        "账号异常：密码错误",
        "账号或密码错误，请输入验证码",
        "密码错误，请完成滑块验证后重试",
        "用户名或密码错误，安全提示：请勿泄露密码",
        "用戶名或密碼無效",
        "查無此帳號",
        "登入失敗，帳號或密碼錯誤",
    ),
    Says.LOCKED: (
        "账号已被锁定",
        "您的账户已被冻结，请联系客服",
        "密码错误次数过多，账号已锁定，请2小时后再试",
        "密码错误次数过多，请1小时后再试",
        "该账号已停用",
        "子账号已被管理员禁用",
        "店铺已关闭，无法登录",
        "登录失败次数已达上限，请明天再试",
        "您已被限制登录",
        "账号已注销",
        "Your account has been locked",
        "This account is suspended. Contact support.",
        "Too many failed login attempts",
        "account disabled",
        "账号因密码连续错误5次锁定至明日",
    ),
    Says.SMS: (
        "请输入短信验证码",
        "需要手机验证",
        "手机短信验证码",
        "验证码已发送至 138****0000",
        "动态密码错误",
        "手机验证码错误",
        "Two-factor authentication",
        "Enter the SMS code",
    ),
    Says.CAPTCHA: (
        "请先完成图形验证码",
        "请拖动滑块完成拼图",
        "为了您的账号安全，请完成安全验证",
        "验证码错误，请重新输入",
        "用户名、密码或验证码错误",
        "Please solve the captcha",
    ),
    Says.RISK: (
        "账号存在安全风险",
        "当前登录环境异常，请联系客服",
        "账号异常，请联系管理员",
        "操作受限制",
        "已触发风控",
        "需要进行身份核验",
        "Unusual activity on this account",
    ),
    Says.FORM: (
        "密码已过期，请修改密码",
        "您的密码长期未修改，请先修改密码",
        "为保障安全，您需要修改登录密码",
        "您正在使用初始密码",
        "密码强度过低",
        "两次输入的密码不一致",
        "请完善商家信息",
        "首次登录，请修改密码",
        "Your password must be changed",
        "请先绑定手机",
        "Your password has expired",
        "You must change your password",
    ),
    Says.CHOICE: (
        "请选择要进入的店铺",
        "选择店铺",
        "您的账号关联了多个店铺，请选择",
        "您有3个店铺，请选择其中一个",
        "请选择要登录的账号",
        "请选择登录的商家",
        "该账号下有多个店铺，请选择一个店铺进入",
        "Choose a store",
        "Select your shop",
    ),
    Says.AGREEMENT: (
        "请先阅读并同意《用户协议》和《隐私政策》",
        "请勾选同意服务条款",
        "登录前请阅读并勾选协议",
        "Please agree to the terms of service",
        "You must accept our privacy policy",
        "平台规则已更新，请阅读并确认",
    ),
    Says.MAINTENANCE: (
        "系统维护中，预计 6:00 恢复",
        "系统升级，暂停服务",
        "今日凌晨系统升级，账号登录暂停",
        "平台正在升级维护",
        "We are down for maintenance",
    ),
    Says.BUSY: (
        "系统繁忙，请稍后再试",
        "系统繁忙,密码登录暂不可用",
        "服务器开小差了",
        "网络异常，请检查网络后重试",
        "请求超时",
        "操作过于频繁，请稍后再试",
        "访问频率受限",
        "登录次数过多，请稍后再试",
        "当前登录人数过多，请排队等候",
        "系统错误",
        "账号服务异常，请稍后再试",
        "账号登录异常，请稍后重试",
        "密码登录接口返回错误",
        "页面已过期，请刷新后重试",
        "网络不给力",
        "活动太火爆了，请稍候",
        "服务暂时不可用",
        "登录失败，请稍后重试",
        "Service temporarily unavailable, password login is disabled",
        "密码服务繁忙",
        "密码登录人数过多，请排队",
        "The system is busy. Please try again later.",
        "Service unavailable",
        "Too many requests",
        "Password sign-in is temporarily unavailable",
        "Internal server error",
        "Something went wrong",
        "Request timed out",
        "账号服务异常",
        "账号系统错误",
        "網路異常",
        "Connection refused",
        "The server is currently unable to handle the request",
    ),
    Says.UNKNOWN: (
        "",
        "登录失败",
        "密码登录",
        "账号密码登录",
        "忘记密码？",
        "请输入密码",
        "请输入登录密码",
        "密码不能为空",
        "修改密码",
        "登录成功，正在跳转",
        "正在登录",
        "安全验证中",
        "安全验证通过",
        "谨防诈骗，请勿向他人泄露短信验证码",
        "登录信息有误",
        "未知错误 E1007",
        "您没有权限访问该系统",
        "短信验证码登录",
        "Forgot your password?",
        "Sign in",
        "Unknown error",
        "Invalid request",
        "请升级浏览器版本",
        "Unknown login error",
        "Invalid login session",
        "Unknown user agent",
        "Invalid password encryption key",
        "User not found in cache",
        "没有此账号的登录权限",
        "该账号没有找到对应店铺",
        "设备与账号不匹配",
        "密码错误5次将锁定账号",
        "连续输错密码将锁定账号",
        "如果账号不存在，请注册",
        "请勿输入错误的密码",
        "忘记密码或密码错误？点击找回",
    ),
}


@pytest.mark.parametrize(("text", "kind"), [(text, kind) for kind, texts in TEXTS.items() for text in texts], ids=str)
def test_what_it_says(text: str, kind: Says) -> None:
    assert what_it_says(text) is kind


def test_words_of_the_configuration_are_a_refusal_too() -> None:
    assert what_it_says("登录信息有误，请核对", ("登录信息有误",)) is Says.REFUSED
    assert what_it_says("账号已锁定，登录信息有误", ("登录信息有误",)) is Says.LOCKED


@pytest.mark.parametrize(
    "text", ["密码登录", "扫码登录", "忘记密码?", "请输入手机号/账号名", "立即注册", "登 录", "Log in"]
)
def test_labels_say_nothing(text: str) -> None:
    assert is_label(text)


@pytest.mark.parametrize("text", ["密码错误", "系统繁忙", "请先登录后再试", "登录失败"])
def test_what_is_said_is_no_label(text: str) -> None:
    assert not is_label(text)


@pytest.mark.parametrize(
    "text", ["密码" + "a" * 5000, "invalid " * 900, "账号" * 900, "密码、" * 900, "请选择" * 900], ids=len
)
def test_a_long_text_is_read_at_once(text: str) -> None:
    """Where a pattern may try endlessly, this would take years."""
    assert what_it_says(text) is Says.UNKNOWN
