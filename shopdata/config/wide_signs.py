"""Signs of a Chinese keyboard where YAML wants its own: they look alike, and are letters to YAML.

Where only one thing can have been meant, the line is told and read as it was meant, so that the rest of the file is
checked too. In the name of a shop such signs are right, and stay.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_MEANT = {
    **dict(zip("：，－—–［］【】｛｝＄＂＇“”‘’", ":,---[][]{}$\"'\"\"''", strict=True)),
    "\u3000": " ",
    "\u00a0": " ",
}
_KEY = r"[A-Za-z_][A-Za-z0-9_]*"
#: What a pattern matches is all that is repaired.
_CERTAIN = tuple(
    re.compile(pattern, re.ASCII)
    for pattern in (
        r"^[ ]*[\u3000\u00a0][ \u3000\u00a0]*(?=\S)",
        rf"^[ ]*[－—–][ \u3000]*(?={_KEY}[ \u3000]*[:：])",
        rf"^(?:[ ]*-[ ]+|[ ]*){_KEY}[ \u3000]*：",
        # In {…} and […] on one line.
        rf"(?<=[{{｛,，])[ \u3000]*{_KEY}[ \u3000]*：",
        rf"，(?=[ \u3000]*{_KEY}[ \u3000]*[:：])",
        r"[\[［【][\s\w.,，-]*[\]］】](?=\s*(?:#|$|[,，}｝]))",
        rf"[$＄][{{｛]{_KEY}(?::-[^}}｝]*)?[}}｝]",
        r"(?<=[:：,，\[{ ])[“”＂][\x20-\x7e]*[“”＂](?=\s*(?:#|$|[,，}｝\]］]))",
        r"(?<=[:：,，\[{ ])[‘’＇][\x20-\x7e]*[‘’＇](?=\s*(?:#|$|[,，}｝\]］]))",
        r"(?<=: )[｛].*[｝]\s*$|^[ ]*-[ ]+[｛].*[｝]\s*$",
    )
)
#: What people are shown may be in quotes and brackets.
_SHOWN = re.compile(r"[ \u3000]*(?:- +)?(?:name|title|portal_name|portal_shop)[ \u3000]*[:：]")
#: In a contract, what a list holds are the portal's own words.
_IN_CONTRACTS = (*_CERTAIN[:1], re.compile(rf"^[ ]*{_KEY}[ \u3000]*：", re.ASCII))


def as_meant(text: str, *, is_contract: bool = False) -> tuple[str, list[tuple[int, str, str]]]:
    """The text with such signs replaced, and of each line the first: its number, the sign, and what YAML wants."""
    lines, found = text.split("\n"), []
    for number, line in enumerate(lines, 1):
        if line.isascii() or line.lstrip().startswith("#"):
            continue
        # What stands in a remark is nobody's mistake.
        meant, remark, rest = line.partition(" #")
        of_values = () if _SHOWN.match(line) else _CERTAIN[3:]
        for pattern in _IN_CONTRACTS if is_contract else (*_CERTAIN[:3], *of_values):
            meant = pattern.sub(_repaired, meant)
        meant += remark + rest
        if meant != line:
            lines[number - 1] = meant
            sign = next(_gone(line, meant))
            found.append((number, sign, _MEANT[sign]))
    return "\n".join(lines), found


def wide_sign_in(value: object) -> str:
    """The first sign in a value that a keyboard in Chinese mode types for an ASCII one; "" if there is none."""
    text = value if isinstance(value, str) else ""
    return next((sign for sign in text if sign in _MEANT or "\uff01" <= sign <= "\uff5e"), "")


def _repaired(match: re.Match[str]) -> str:
    text = "".join(_MEANT.get(sign, sign) for sign in match[0])
    # A colon that nothing follows would still be a part of the word.
    is_colon = match[0].endswith("：") and not match.string[match.end() :].startswith(" ")
    return f"{text} " if is_colon else text


def _gone(line: str, meant: str) -> Iterator[str]:
    for sign in line:
        if sign in _MEANT and line.count(sign) > meant.count(sign):
            yield sign
