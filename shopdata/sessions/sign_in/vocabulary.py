"""The words that login pages use, as kinds of patterns; `words.py` says in which order they count."""

from __future__ import annotations

import re

#: Signs that mean the same: both ways of writing 账号, and the traditional ones.
SAME = str.maketrans(
    "帐帳賬號碼錯誤戶請確塊驗證鎖凍結頻網絡異無沒還會將應後從來為與於個這裡試過關閉開啟動態連線輸進閱讀並協議條務隱選擇"
    "單業質級強統護維繫換險環檢測實認簡訊該簽點擊訪問權請發獲當時間數據庫臨暫佇擁擠訂許終斷響應見設備機創註冊啓總稱觸規"
    "則須聲項購買賣產電話郵區儲範團體傳雙滿隨場長讓對錄險風鋪綁",
    "账账账号码错误户请确块验证锁冻结频网络异无没还会将应后从来为与于个这里试过关闭开启动态连线输进阅读并协议条务隐选择"
    "单业质级强统护维系换险环检测实认简讯该签点击访问权请发获当时间数据库临暂伫拥挤订许终断响应见设备机创注册启总称触规"
    "则须声项购买卖产电话邮区储范团体传双满随场长让对录险风铺绑",
)
CJK = r"\u3000-\u9fff"
#: One sign of a clause; a dot ends one only before a blank.
_SIGN = r"(?:[^,。;!?.…]|\.(?=\S))"
CLAUSE_ENDS = re.compile(r"[,。;!?]")
#: No more is looked at: what says something says it at its beginning.
LONGEST = 300


def _near(longest: int) -> str:
    """Up to so many signs of the same clause."""
    return f"{_SIGN}{{0,{longest}}}?"


def _any(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns))


#: What makes of a lock a warning of one: "three more mistakes, and the account will be locked".
TO_COME = _any(
    r"将|会|可能|避免|以免|防止|否则|解除|如何|再\D{0,4}\d+次|次后", r"\b(?:will|may|might|could|would|avoid|if|or)\b"
)
STILL_TO_COME = _any(r"\b(?:before|left|remaining)\b")
IS_SO = _any(r"已|目前|当前", r"\b(?:has been|is|was)\b")

LOCKED = _any(
    r"锁定|已锁|冻结|封禁|封号|封停|拉黑|(?:限制|禁止|不允许)登录",
    rf"(?:账号|账户|用户|店铺|商家|商户|会员)(?:(?!登录|服务|系统|功能|密码){_SIGN}){{0,10}}?"
    r"(?:停用|禁用|注销|关闭|停业|清退|过期|到期|失效|暂停使用|停权)",
    r"(?:店铺?|商家|商户|企业).{0,4}(?:关店|闭店|歇业)",
    rf"\b(?:account|user|shop|store|you)\b{_near(40)}"
    r"\b(?:locked|suspended|frozen|banned|deactivated|disabled|blocked)\b",
)
WRONG_TOO_OFTEN = _any(
    rf"(?:错误|失败|输错|密码(?:输入|尝试|验证)){_near(8)}(?:过多|太多|超限|上限|超过最大|超过限|用完)",
    r"\btoo many (?:failed|wrong|incorrect|invalid|unsuccessful|password)",
)
#: What makes of a refusal a lock that opens by itself: no password is taken until then.
FOR_NOW = _any(
    r"\d+(?:个)?(?:分钟|小时|天|日)(?:之后|以后|后|内)|(?:明|次|第二)[天日]",
    r"\b(?:in|after|for|within) (?:\d+|an?|one|a few) (?:minutes?|hours?|days?)\b|\btomorrow\b",
)
#: But not what only threatens with it, or counts the tries that are left.
TRIES_LEFT = _any(
    r"将|会|还有|还可|还能|剩|尚可|若|如果|再(?:次)?(?:输|错|试错)|以免|避免", r"\b(?:will|if|left|remaining|before)\b"
)

SMS = _any(
    rf"(?:短信|简讯|动态){_near(4)}(?:验证|校验|密码|口令|令牌|码)|手机(?:(?!密码|扫){_SIGN}){{0,4}}?(?:验证|校验|口令|(?<![号扫])码(?!或))",
    r"认证魔方|二次(?:验证|认证)|双(?:重|因素|因子)(?:验证|认证)|(?:验证|校验)码已(?:发|下发)",
    rf"手机上?收到{_near(8)}码|语音{_near(4)}码|短信{_near(4)}(?:发送|发出|下发)|(?:发送|发出|下发){_near(8)}短信|验证{_near(4)}手机号",
    r"\bcode\b[^.;!?]{0,30}\b(?:sent|phone|mobile|device)\b|\bsent\b[^.;!?]{0,40}\bcode\b|\btext message\b",
    r"two-?(?:factor|step)|\b(?:2fa|otp)\b",
    r"\b(?:sms|verification|security|one-?time|text message)[ -](?:code|password|passcode)",
)
CAPTCHA = _any(
    r"滑块|滑动|拖动|拼图|图形码|图形验证|图片验证|点选|人机|行为验证|验证码|校验码|安全(?:验证|校验|检测)",
    rf"(?:完成|进行|通过)(?:(?!身份|实名|人脸){_SIGN}){{0,6}}?验证",
    r"(?:依次|按.{0,6}顺序|顺次)点[击选]|(?:点击|选择|选出|找出).{0,2}图(?:片)?中|旋转.{0,4}图片?|(?:倒立|倒置|朝向)的(?:文字|字)|转(?:动|到).{0,6}正确",
    r"\bselect all (?:images|squares|pictures)",
    r"captcha|puzzle|slider|\bnot a robot|\b(?:human|robot) (?:verification|check)|\bverify (?:that )?you(?:'re| are)",
)
RISK = _any(
    rf"风控|风险|环境{_near(4)}异常|(?:账号|账户)(?:(?!系统|服务|中心|接口|功能|密码){_SIGN}){{0,6}}?异常(?!.*稍[后候])"
    r"|异常登录|异地登录?|(?:新|陌生|未知)的?设备|本人(?:确认|操作|登录|验证)",
    rf"(?<!网络)受{_near(2)}限|限制|身份(?:核验|验证|认证)(?!失败)|(?:验证|核验|核实|证明){_near(4)}身份|实名|人脸|刷脸|扫码(?:确认|验证)|手机上?确认",
    r"\bunusual\b|\bsuspicious\b|\brisk\b|\b(?:prove|verify|confirm) (?:that )?(?:it'?s you|your identity)",
)
RATE = _any(r"频|限流", r"\brate\b")

CHOICE = _any(
    rf"选择{_near(8)}(?:店铺|店|商家|商户|门店|主体|企业|身份)|请选择{_near(6)}账号(?!.*方式)",
    r"多个(?:店铺|店|商家|账号).{0,6}选择|(?:店铺|店|商家|门店|账号).{0,8}(?:请选择|选择(?:其中)?一)",
    rf"\b(?:select|choose) (?:a|an|the|your|one|which){_near(20)}(?:shop|store|mall|seller|merchant|account)",
)
AGREEMENT = _any(
    r"(?:阅读|勾选|同意|接受|签署)[^。;!?]{0,24}(?:协议|条款|政策|须知|规则|声明)",
    r"(?:协议|条款|政策|规则|须知)[^。;!?]{0,8}(?:未|请|后)[^。;!?]{0,4}(?:勾选|同意|阅读)",
    r"\b(?:agree|accept|consent)\b[^.;!?]{0,40}(?:terms|agreement|policy|conditions)",
    r"\b(?:terms|agreement|policy)\b[^.;!?]{0,30}\b(?:agreed?|accept(?:ed)?)\b",
)
#: A password that is right, and not good enough any more; or other things to be filled in.
FORM = _any(
    rf"密码{_near(6)}(?:过期|到期|失效|简单|强度|安全性|安全等级|安全级别)",
    rf"两次{_near(8)}密码{_near(6)}不(?:一致|相同)",
    rf"(?:完善|补充|补全|填写){_near(8)}(?:信息|资料|问卷)|(?<!验证)(?<!已)绑定{_near(4)}(?:手机|邮箱)",
    rf"密码{_near(10)}(?:未|没有?)(?:修改|更换|更新|变更)|(?:未|没有?)(?:修改|更换|更新|变更)(?:过|登录|您的?){{0,2}}密码",
    rf"\bpassword{_near(20)}(?:expired|must be (?:changed|reset))",
)
#: Beside a refusal this is advice: "wrong password, please reset it".
FORM_OR_ADVICE = _any(
    rf"(?:需|须|请){_near(8)}(?:修改|重置|更新|更换|设置|重设){_near(8)}密码|初始密码|(?:首次|第一次)登录",
    r"\b(?:change|update|reset|choose|set)\b (?:a |your |the )?(?:new )?password",
)

MAINTENANCE = _any(
    r"维护|(?<!浏览器)(?<!版本)升级(?!浏览器)|停服|割接",
    r"\b(?:maintenance|upgrading|downtime|upgrade in progress)\b",
)
#: The check itself failed: of user name and password, that says nothing.
CHECK_FAILED = _any(r"(?:验证|校验)(?:失败|不通过|未通过).*稍[后候]")
BUSY = _any(
    CHECK_FAILED.pattern,
    r"(?:系统|服务|服务器|网络|平台|线路)忙|繁忙|忙碌|太忙|正忙|很忙|开小差|开了小差|拥挤|排队|火爆|人数过多|人太多|频繁|频率|限流|过快|太快|超时|不可用|不可达|抢修|重启中|正在重启",
    r"(?:暂时?|当前|目前)无法|无法(?:连接|访问)|暂停(?:服务|登录)",
    r"(?:网络|网路|系统|服务|伺服器|中心|功能|接口|后台|平台|程序|页面|请求|响应|连接|通信|通讯|数据|加载|组件)"
    rf"(?:(?!密码|账|用户名|口令){_SIGN}){{0,8}}?"
    r"(?:异常|错误|故障|失败|出错|问题|不稳定|中断|断开|暂停|走神|不给力|无响应|过期|失效|打盹)",
    r"连线(?:逾时|失败)|逾时|\b(?:unable to|cannot|can't|could not|couldn't) (?:connect|reach)",
    r"\bconnection (?:refused|reset|closed|lost|failed)",
    r"\b(?:busy|unavailable|time(?:d)?[ -]?out|bad gateway|rate[ -]limit(?:ed|s)?)\b|\boverload|\bthrottl|\bhttp 5\d\d",
    r"\btoo many (?:requests|attempts|people|users)|\btoo (?:often|frequent|fast|quickly)",
    r"\b(?:network|server|system|service|internal|gateway) (?:error|failure|problem|issue)",
    rf"\bserver\b{_near(30)}\b(?:unable|down|not respond)|\bsomething (?:went|is|has gone) wrong",
)
LATER = _any(r"稍[后候等]|再试|重试|刷新", r"\b(?:try again|later)\b")

_NAME = r"(?:账号|账户|账密|用户名|登录名|会员名|手机号码?|邮箱|密码|口令)"
#: What may stand between them and what is wrong with them: the other of the two, and the name itself.
_FILL = (
    r"(?:[和或与及、/:的名号是您你所都均已在]|账号|账户|用户|密码|输入|填写|连续|登录(?=密码|名|账号|账户)|信息|可能"
    r"|似乎|系统中|格式|[「『\"'“(\[【]?[a-z0-9@._*+-]{1,40}+[」』\"'”)\]】]?)"
)
_WRONG = (
    r"(?:错误|不正确|不匹配|不符|不一致|有误|不对|不存在|无效|输错|错了|错啦|找不到"
    r"|(?:还|尚)?(?:未|没有?)(?:注册|找到)|(?:验证|校验)(?:失败|不通过|未通过))"
)
_WORD = (
    r"(?:user ?names?|user ?ids?|login(?: names?| ids?)?|accounts?(?: names?)?|e-?mails?(?: address(?:es)?)?"
    r"|passwords?|passcodes?|credentials?|(?:sign-?in|login) details)"
)
_WORDS = (
    rf"(?:(?:{_WORD}|or|and|/|your|the|combination|of|you|we|that|have|has|entered|typed|provided|supplied|given|this"
    r"|with)[ ,]*)"
)
_BAD = (
    r"(?:incorrect|wrong|invalid|mismatch(?:ed)?"
    r"|(?:not|isn't|aren't|wasn't|weren't) (?:the )?(?:correct|valid|right|found|registered|recogni[sz]ed))"
)
REFUSED = _any(
    rf"{_NAME}{_FILL}{{0,8}}?{_WRONG}|用户(?:不存在|未注册|没有注册)|(?:错误|无效|不正确)的{_NAME}|输错{_near(4)}密码",
    rf"请(?:重新)?输入正确的{_FILL}{{0,4}}?{_NAME}",
    r"(?:找不到|没有找到|未找到|不存在|查无|没有|无)(?:该|此|这个|您的|相关|对应)(?:账号|账户|用户)",
    rf"\b{_WORD}[ ,:]*{_WORDS}*(?:(?:is|are|was|were|seems?|appears?)(?: to be)? )?{_BAD}\b",
    rf"\b{_WORD}[ ,]*{_WORDS}*(?:do(?:es)?|did)(?: not|n't) (?:match|exist)",
    rf"\b(?:incorrect|wrong|invalid|bad|unknown|not the (?:right|correct)) {_WORDS}*?{_WORD}",
    r"\bcorrect user ?name and password",
    r"\buser (?:does not|doesn't|didn't|did not) exist|\bno such (?:user|account)|\bunknown user|\buser not found",
    rf"\b(?:do not|don't|did not|didn't) recogni[sz]e (?:that|this|your|the) {_WORD}",
    r"\b(?:can'?t|cannot|couldn'?t|could not|unable to|didn'?t) find (?:your |an? |that |this )*(?:account|user)",
)
#: What makes of a refusal a case that is only spoken of: "if the password is wrong", "five wrong passwords will lock".
IF = _any(
    r"如果|如(?:您|遇|提示|出现|显示)|^如|若|一旦|避免|请勿|防止|以免|怎么|为什么|(?:设备|店铺|商家|地址|环境|网络|ip)[与和跟及]$",
    r"\b(?:if|when|whenever|avoid|prevent)\b",
)
#: And what makes it one of something else: "invalid login session", "no permission for this account".
OF_ELSE = _any(
    r"(?:超过|达到?|满)?\d*次?(?:后|将|会|以上|即)|次数|时[,将会请]|的话|怎么办|.{0,2}\?",
    r"[^,。;!?或]{0,6}(?:权限|店铺|商家|门店|企业|主体)",
    r" ?(?:errors?|exception|failures?|sessions?|tokens?|requests?|agents?|states?|status|types?|services?|servers?"
    r"|system|pages?|urls?|callback|response|keys?|encryption|hash|parameters?|param|fields?|method|flow|cookies?|nonce"
    r"|signature|data|location|device|client|region)\b",
    r"[ :,(-]+(?:the |your )?(?:session|token|cache|in cache)\b",
)
#: What stands before what is said: "sign-in failed: …", "the service answered with an error [".
HEADING = re.compile(
    rf"(?:{_SIGN}{{0,12}}?(?:失败|错误|异常|出错|提示|信息)\w{{0,8}}[:(\[【「]"
    rf"|{_SIGN}{{0,4}}?(?:登[录入]|请求|操作|提交|验证)失败[,!。])(?=.)"
)

#: Advice, which names the same things: "never tell anybody an SMS code".
ADVICE = _any(r"谨防|防骗|诈骗|泄露|透露|\bnever (?:share|tell|give)")

#: What stands on login pages and says nothing: links, tabs, what is to be typed in.
LABEL = _any(
    r"(?:忘记|找回|重置|修改|显示|记住)(?:登录)?密码|(?:免费|立即|商家)?注册(?:新?账号)?",
    r"(?:账号|账户|密码|扫码|二维码|短信|手机|手机号|验证码|微信|qq|app|邮箱|商家|子账号|其他|立即|安全|快捷|[/或、])*登录",
    rf"请输入(?!.*(?:正确|验证码|校验码|动态|收到)){_near(20)}",
    r"(?:正在|即将).{0,8}|.{0,4}(?:加载|登录|跳转|验证)中|(?:(?!未|不|没|失败).){0,16}(?:成功|通过)(?:,?(?:正在|即将|请稍).*)?",
    r"loading|(?:signing in|redirecting|success).{0,20}",
    r"(?:forgot|reset|show)[\w ]*password|(?:sign|log) ?(?:in|up)|register|enter (?!.*code)[\w ]*",
)
