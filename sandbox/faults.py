"""The faults that a sandbox can be asked for, and the board on which they are set per shop."""

from __future__ import annotations

import datetime as dt
import threading
from dataclasses import dataclass
from enum import StrEnum

EVERY_SHOP = "*"


class Fault(StrEnum):
    """Everything that can be made to go wrong, each with a sentence that says what the portal then does.

    A fault marked *job* is decided when a report is ordered and stays with that report, one marked *reading* with the
    first page and stays for the pages after it; the others are decided request by request. Which platform can have
    which fault is said by `SandboxPortal.faults`.
    """

    sentence: str

    def __new__(cls, name: str, sentence: str) -> Fault:
        member = str.__new__(cls, name)
        member._value_ = name
        member.sentence = sentence
        return member

    # --- sign-in
    WRONG_PASSWORD = "wrong_password", "Sign-in is refused whatever the password; the text stays on the login page."
    CAPTCHA = "captcha", "Sign-in asks for a slider first; a person (or a mouse drag to the gap) can solve it."
    CAPTCHA_PATH = (
        "captcha_path",
        "As captcha, and the way there is judged too: as a hand goes, not at once, and by nobody's script.",
    )
    SMS = "sms", "After the right password a code sent by SMS is asked for."
    LOGIN_PAGE_SLOW = (
        "login_page_slow",
        "The login page, of whatever shop ('*'), comes late, by slow_seconds.",
    )
    SMS_ON_NEW_DEVICE = (
        "sms_on_new_device",
        "After the right password a code sent by SMS is asked for, if the account is new on this device.",
    )
    SMS_BEHIND_SUCCESS = (
        "sms_behind_success",
        "Sign-in says success, but opens no session and wants a code sent by SMS.",
    )
    SMS_IN_WINDOW = "sms_in_window", "After the right password a code sent by SMS is asked for in a window of its own."
    LOGIN_BUSY = "login_busy", "Sign-in is answered by a text, and a code, that say that the portal is busy."
    LOGIN_MAINTENANCE = (
        "login_maintenance",
        "Sign-in is answered by a text that says: under maintenance.",
    )
    LOGIN_DOWN = "login_down", "Sign-in is answered by HTTP 502 and no data."
    LOGIN_UNKNOWN = "login_unknown", "Sign-in is answered by a text that says neither yes nor no."
    LOGIN_LOCKED = "login_locked", "Sign-in is answered by a text that says that the account is locked."
    LOGIN_RISK = "login_risk", "Sign-in is answered by a text that says that somebody must prove who they are."
    NEW_PASSWORD = "new_password", "After the right password a page asks for a new one."
    CHOOSE_SHOP = "choose_shop", "After the right password a page asks which of the platform's shops to enter."
    CHOOSE_SHOP_IN_LIST = "choose_shop_in_list", "The same page, with a list that opens in place of entries."
    LOGIN_DIALOG = "login_dialog", "The login page asks with a dialog of its browser's whether to go on."
    LANDING_NOTICE = "landing_notice", "A notice lies over the page that a sign-in lands on."
    WRONG_SHOP = (
        "wrong_shop",
        "The account opens another shop: its name is in the back office, and in new reports that hold a name (job).",
    )

    # --- session
    SESSION_DEAD_ONCE = "session_dead_once", "The next call ends the account's sessions; a new sign-in fixes it."
    SESSION_DEAD_ALWAYS = (
        "session_dead_always",
        "Every call is answered as to a dead session, even after a sign-in.",
    )
    KICKED = "kicked", "A session ends after the sandbox's kicked_after calls, as by a sign-in elsewhere."
    LOGIN_FALSE = "login_false", "The check whether somebody is signed in says no, though the session is alive."

    # --- any call of the data interface
    SERVER_ERROR_ONCE = "server_error_once", "One call gets HTTP 500."
    SERVER_ERROR_ALWAYS = "server_error_always", "Every call gets HTTP 500."
    TOO_MANY_REQUESTS = "too_many_requests", "Calls get HTTP 429 with Retry-After."
    SLOW = "slow", "Every answer comes late, by the sandbox's slow_seconds."
    RISK_CONTROL = "risk_control", "Calls get code 54001 and a verifyAuthToken: too frequent, or a captcha is needed."
    RISK_TEXT = "risk_text", "Calls are refused with changing codes and texts that speak of 验证码, 风控 or 限制."
    SIGNATURE_REFUSED = "signature_refused", "Calls that must be signed are answered as if they were not."
    REFUSED = "refused", "Calls are refused with a code and a text that say nothing of session or risk."
    ANSWER_BOMB = "answer_bomb", "Calls get some megabytes that unpack to eight gigabytes of JSON."
    ANSWER_OF_VALUES = "answer_of_values", "Calls get 30 MB of JSON that is ten million lists."
    ANSWER_OF_TEXT = "answer_of_text", "Calls get 30 MB of JSON that is one text, of signs that take four bytes each."
    GARBLED = "garbled", "Calls get an answer that says it is gzip, and is not."
    HTML_INSTEAD_OF_JSON = (
        "html_instead_of_json",
        "Calls get a page of HTML with status 200, though the session is alive.",
    )
    DOUBLE_SPELLING = (
        "double_spelling",
        "Refusals use the other of the two spellings of their keys than they usually do.",
    )

    # --- report jobs
    CREATE_REFUSED = "create_refused", "Creating the report is refused with another status."
    CREATE_ANSWER_LOST = "create_answer_lost", "The job is created, but the connection ends before the answer."
    CREATE_IN_DOUBT = (
        "create_in_doubt",
        "The job is not created, and the answer does not say so: an HTTP error, a cut, … (by the shop's number).",
    )
    CREATE_IN_DOUBT_MADE = "create_in_doubt_made", "The same answers, but the job is created."
    NO_DATA_YET = "no_data_yet", "Creating the report is refused because there is no data of that day yet."
    EXPORT_TOO_OFTEN = (
        "export_too_often",
        "Creating the report gets code 601 操作频繁, from shops with an even number inside a page.",
    )
    UNAUTHORISED = "unauthorised", "Creating the report gets code 601 未经京东授权, in the same two forms."
    LISTED_LATE = "listed_late", "The job comes into the list only after the sandbox's listed_late_seconds (job)."
    TWIN_JOB = "twin_job", "A colleague orders the very same report in the same moment (job)."
    WRAPPED_NAMES = "wrapped_names", "The list writes names in 【】 and with an extension."
    OTHER_NAMES = (
        "other_names",
        "The list calls reports in other words than the answer to an order, with the same day; nobody else exports.",
    )
    LINK_DEAD_FIRST = (
        "link_dead_first",
        "Links that are given out within the sandbox's link_dead_seconds after the report is done answer 404, then and "
        "later (job).",
    )
    REPORT_FAILED = "report_failed", "The job ends with a status that is neither generating nor done (job)."
    REPORT_STUCK = "report_stuck", "The job never gets beyond generating (job)."
    REPORT_HELD = "report_held", "The job does not get beyond generating until the fault is taken back (job)."
    LIST_HTML = "list_html", "The list of reports is a page of HTML with status 200, though the session is alive."
    LIST_EMPTY_LINK = "list_empty_link", "The job is done, but its link stays empty (job)."
    FOREIGN_LINK_HOST = "foreign_link_host", "The link leads to a host that is not among the portal's (job)."

    # --- the file on its way
    HTML_INSTEAD_OF_WORKBOOK = "html_instead_of_workbook", "The download is a page of HTML with status 200."
    TRUNCATED_DOWNLOAD = "truncated_download", "The connection ends half-way through the announced Content-Length."
    TRUNCATED_WITHOUT_LENGTH = (
        "truncated_without_length",
        "The connection ends half-way, and no length was announced.",
    )

    HUGE_DOWNLOAD = "huge_download", "The download has two gigabytes, and no length was announced."

    # --- the file itself
    CORRUPT_WORKBOOK = "corrupt_workbook", "The file has the right length, but bytes in its middle are damaged (job)."
    WRONG_DATE = "wrong_date", "The report is that of the day before the one asked for (job)."
    MISSING_REQUIRED_COLUMN = "missing_required_column", "An id column is not in the report (job)."
    RENAMED_COLUMN = "renamed_column", "A column has got another name (job)."
    EXTRA_COLUMN = "extra_column", "There is a new column in the middle (job)."
    REORDERED_COLUMNS = "reordered_columns", "The columns come in another order (job)."
    EMPTY_REPORT = "empty_report", "The report has a header and no rows (job)."
    FIRST_PAGE_ONLY = "first_page_only", "The report ends after a tenth of its rows, as if only a page was read (job)."
    YESTERDAYS_FILE = "yesterdays_file", "The rows are those of the day before, under the day that was asked for (job)."
    SHIFTED_COLUMNS = "shifted_columns", "All values but the first stand one column further on (job)."
    BLANK_COLUMN = "blank_column", "The report's second column is there, and holds nothing (job)."
    DOUBLED_ROWS = "doubled_rows", "The last row stands there twice (job)."
    KPI_NOT_READY = "kpi_not_ready", "The report has a header only, as for days that are too fresh (job)."

    # --- data that comes in pages
    PAGES_SHIFT = (
        "pages_shift",
        "A row comes in while one reads: the last row of the first page comes again, and all others one place later "
        "(reading).",
    )
    TOTAL_UNREACHABLE = "total_unreachable", "The total says more rows than there are (reading)."
    ENDLESS_PAGES = "endless_pages", "Every page of reviews or goods is full of new rows, without an end (reading)."
    HALF_SIGN = "half_sign", "Texts of reviews and goods are cut in the middle of a sign (reading)."
    MISSING_LIST_KEY = "missing_list_key", "A page says success, but the list is not in it."
    EMPTY_TODAY = "empty_today", "A list is empty, and its total says so, too (reading)."
    QUALITY_EMPTY = "quality_empty", "The list of goods is empty (reading)."


_BY_NAME = {fault.value: fault for fault in Fault}
_ONCE = frozenset({Fault.SESSION_DEAD_ONCE, Fault.SERVER_ERROR_ONCE})


def fault_named(name: str) -> Fault:
    """The fault of that name (or the fault itself). Raises `ValueError` with the names there are."""
    if name not in _BY_NAME:
        raise ValueError(f"the sandbox has no fault {name!r}; it has {', '.join(_BY_NAME)}")
    return _BY_NAME[name]


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultRule:
    """One fault of one shop, with its limits. A limit that is None does not limit.

    `day` limits the fault to calls that concern that business day (the last one, where a call concerns several); it
    does not touch a call that concerns no day. `at` limits it to one kind of call, by the name of its portal half.
    """

    shop_id: str
    fault: Fault
    times: int | None = None
    day: dt.date | None = None
    at: str | None = None


class FaultBoard:
    """The faults that are set right now. Safe to use from several threads."""

    def __init__(self, rules: tuple[FaultRule, ...] = ()) -> None:
        self._lock = threading.Lock()
        self._open: dict[FaultRule, int | None] = {}
        for rule in rules:
            self.add(rule)

    def add(self, rule: FaultRule) -> None:
        """Sets a fault; the same rule set again starts counting anew. Faults named *_once happen once by default."""
        times = 1 if rule.times is None and rule.fault in _ONCE else rule.times
        if times is not None and times < 1:
            raise ValueError(f"fault {rule.fault} of {rule.shop_id}: times is {times}; expected 1 or more, or none")
        with self._lock:
            self._open[rule] = times

    def clear(self, shop_id: str | None = None, fault: Fault | None = None) -> None:
        """Takes back the faults of a shop, of a kind, or (with neither) all of them."""
        with self._lock:
            self._open = {
                rule: left
                for rule, left in self._open.items()
                if (shop_id is not None and rule.shop_id != shop_id) or (fault is not None and rule.fault != fault)
            }

    def rules(self) -> list[FaultRule]:
        """The rules that can still strike."""
        with self._lock:
            return list(self._open)

    def take(self, shop_id: str, fault: Fault, *, day: dt.date | None = None, at: str | None = None) -> bool:
        """Says whether the fault strikes now, and uses up one of its times if they are limited."""
        with self._lock:
            for rule, left in self._open.items():
                if rule.fault != fault or rule.shop_id not in (shop_id, EVERY_SHOP):
                    continue
                if (rule.day is not None and rule.day != day) or (rule.at is not None and rule.at != at):
                    continue
                if left == 1:
                    del self._open[rule]
                elif left is not None:
                    self._open[rule] = left - 1
                return True
        return False
