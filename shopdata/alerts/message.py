"""A message before it is in any platform's form, and how it is cut to a length."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from shopdata.config import Channel
from shopdata.texts import one_line
from shopdata.wording import Texts
from shopdata.wording.language import FOR_GROUPS

Level = Literal["good", "attention", "bad"]
_FOR_GROUPS = Texts(FOR_GROUPS)


@dataclass(frozen=True)
class Linked:
    """A line with an address of ours behind it: nothing of the address comes from a portal. "" is no address."""

    text: str
    label: str
    url: str


@dataclass(frozen=True)
class Section:
    """A heading, what belongs to it line by line, and what to do about it."""

    title: str
    lines: tuple[str | Linked, ...] = ()
    todo: str = ""


@dataclass(frozen=True)
class Message:
    """Plain text throughout: nothing in it is markup."""

    headline: str
    level: Level
    blocks: tuple[Section, ...] = ()
    #: True if a person must act: those under `mention` are called by name.
    wants_person: bool = False
    #: The owners of the shops about which a person should do something; "" for those of shops without one.
    owners: frozenset[str] = frozenset()
    #: Where all of it is to be seen.
    page: Linked | None = None
    #: The language that it is in.
    texts: Texts = _FOR_GROUPS


@dataclass(frozen=True)
class Style:
    """How a platform's markdown writes a message."""

    escape: Callable[[str], str]
    #: The first line; by default as `bold`.
    headline: str = ""
    bold: str = "**{}**"
    bullet: str = "- "
    #: Between two lines; some platforms join what is not a paragraph of its own.
    newline: str = "\n"
    #: Before every block.
    gap: str = "\n"
    arrow: str = "→ "
    link: str = "[{label}]({url})"


#: Characters that mean something in some platform's markdown. Their wide forms look alike and mean nothing anywhere;
#: backslashes and entities are understood by some platforms only.
_WIDE = str.maketrans({c: chr(ord(c) + 0xFEE0) for c in "*[]<>`#~\\|@!"})


#: What programs make links of, whoever wrote it: a scheme, and words with dots between them.
_SCHEME = re.compile(r"(?<=[A-Za-z0-9]):(?=//)")
_DOTTED = re.compile(r"[\w-]+(?:[.．。｡][\w-]+)+")
_DOT = re.compile("[.．。｡]")
_ADDRESS = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}")
#: Names of files that our own sentences hold; none is a domain's ending.
_FILES = frozenset({"yaml", "yml", "xlsx", "xls", "csv", "json", "parquet", "html", "log", "env"})
_HAN_ENDINGS = frozenset(
    {"中国", "中國", "公司", "网络", "網絡", "在线", "网址", "商城", "网店", "商店", "集团", "手机"}
)


def defused(text: str) -> str:
    """A text in which no program finds a link: a portal's words may name any address, and come under our name."""
    text = _SCHEME.sub("：", text).replace("：//", "：／／")
    return _DOTTED.sub(lambda match: _without_dots(match[0], text[match.end() : match.end() + 1]), text)


def _without_dots(word: str, follower: str) -> str:
    ending = _DOT.split(word)[-1]
    is_file = ending.lower() in _FILES and follower not in ("/", "?", "#")
    is_domain = ending in _HAN_ENDINGS or re.match("[A-Za-z]", ending) is not None or _ADDRESS.fullmatch(word)
    return _DOT.sub("［.］", word) if is_domain and not is_file else word


def called_in(channel: Channel, message: Message) -> list[str]:
    """Whom a message calls by name in a channel, each once: owners who are known there, and who is always called where
    a person must act and nobody of these has the shop."""
    known = [channel.people[owner] for owner in sorted(message.owners) if owner in channel.people]
    is_owned = bool(message.owners) and message.owners <= channel.people.keys()
    called = known + ([*channel.mention] if message.wants_person and not is_owned else [])
    return list(dict.fromkeys(called))


def escape(text: str) -> str:
    """A text that is shown as it is in every markdown, without links; one line."""
    text = as_plain(text).translate(_WIDE)
    # Inside a word an underscore is one everywhere, and ids must stay fit for copying.
    return re.sub(r"(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])", "＿", text)


def as_plain(text: str) -> str:
    """A text for platforms without markdown, without links; one line."""
    return defused(" ".join(one_line(text).split()))


#: How many lines each block may have, tried in this order until the message is short enough.
_MOST_LINES = (1000, 30, 15, 8, 4, 2, 1)


def body_of(message: Message, style: Style, max_bytes: int, *, with_headline: bool = True) -> str:
    """The message as text of at most `max_bytes` bytes of UTF-8.

    What does not fit is counted where it is missing: first lines of long blocks, so that every reason keeps its heading
    and what to do; then blocks at the end.
    """
    head = (
        (style.headline or style.bold).format(style.escape(message.headline)) + style.newline if with_headline else ""
    )
    if message.page is not None:
        head += _line(style, message.page) + style.newline
    blocks: list[str] = []
    for most in _MOST_LINES:
        blocks = [_write(message.texts, block, style, most) for block in message.blocks]
        if len((head + "".join(blocks)).encode()) <= max_bytes:
            return (head + "".join(blocks)).strip("\n")
    kept = len(blocks)
    while True:
        left_out = sum(max(len(block.lines), 1) for block in message.blocks[kept:])
        rest = style.gap + _rest(message.texts, style, left_out) if left_out else ""
        text = (head + "".join(blocks[:kept])).strip("\n") + rest
        if len(text.encode()) <= max_bytes:
            return text
        if not kept:
            # A headline that is too long by itself: whole characters, as many as there is room for.
            return text.encode()[:max_bytes].decode(errors="ignore")
        kept -= 1


def _write(t: Texts, block: Section, style: Style, most: int) -> str:
    """One block with at most so many of its lines."""
    text = style.gap + style.bold.format(style.escape(block.title)) + style.newline
    text += "".join(style.bullet + _line(style, line) + style.newline for line in block.lines[:most])
    if len(block.lines) > most:
        text += _rest(t, style, len(block.lines) - most) + style.newline
    return text + (style.arrow + style.escape(block.todo) + style.newline if block.todo else "")


def _line(style: Style, line: str | Linked) -> str:
    if isinstance(line, str):
        return style.escape(line)
    link = style.link.format(label=style.escape(line.label), url=line.url) if line.url else ""
    return f"{style.escape(line.text)} {link}".strip()


def _rest(t: Texts, style: Style, count: int) -> str:
    return style.bullet + t("alert.rest", n=count)
