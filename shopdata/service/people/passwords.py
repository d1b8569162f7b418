"""What makes a password one that nobody guesses, and one of our own making."""

from __future__ import annotations

import secrets
from collections.abc import Iterable

_LEAST_LETTERS, _LEAST_KINDS, _LEAST_OWN = 12, 6, 6
_OBVIOUS = (
    "password", "passwort", "passw0rd", "qwertyuiop", "qwerty", "asdfghjkl", "zxcvbnm", "1q2w3e4r", "iloveyou",
    "changeme", "welcome", "letmein", "default", "administrator", "admin", "secret", "scrapyd", "shopdata", "scrapy",
    "dragon", "monkey", "0123456789", "1234567890", "123456789", "12345678", "1234567", "123456", "12345", "1234",
    "654321", "abcdef", "abc123", "mima", "woaini", "test", "5201314", "1314520", "1314", "520", "root", "company",
)  # fmt: skip
#: Where letters follow each other on a keyboard or in the alphabet, forwards and backwards.
_ROWS = (
    "abcdefghijklmnopqrstuvwxyz", "012345678901234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm", "!@#$%^&*()",
    "1qaz", "2wsx", "3edc", "4rfv", "5tgb", "6yhn", "7ujm", "8ik,", "9ol.", "!qaz", "@wsx", "#edc", "$rfv", "%tgb",
)  # fmt: skip
_LOOKS_LIKE = str.maketrans("@4$5013!", "aassoiei")

#: Without those that look like another.
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
_GROUPS, _IN_GROUP = 4, 4


def new_password(username: str) -> str:
    """One that can be read out and typed on a phone: sixteen letters and digits in groups, 79 bits."""
    while True:
        groups = ["".join(secrets.choice(_LETTERS) for _ in range(_IN_GROUP)) for _ in range(_GROUPS)]
        password = "-".join(groups)
        if not weakness_of(username, password):
            return password


def weakness_of(username: str, password: str) -> str:
    """Why a password is none for an address that others reach, a clause; "" if it will do."""
    if len(password) < _LEAST_LETTERS:
        return f"one of {len(password)}"
    if len(set(password)) < _LEAST_KINDS:
        return "it repeats a few letters"
    words = sorted((username.lower(), username.lower()[::-1], *_OBVIOUS), key=len, reverse=True)
    own = min(
        (_own_letters(text, words) for text in (password.lower(), password.lower().translate(_LOOKS_LIKE))), key=len
    )
    return "it is made of the user name and words that everybody tries" if len(own) < _LEAST_OWN else ""


def _own_letters(text: str, words: Iterable[str]) -> str:
    """What is left of a password without what everybody tries, and without three letters in a row."""
    for word in words:
        text = text.replace(word, "\0") if word else text
    rows = [row for line in _ROWS for row in (line, line[::-1])]
    kept, start = "", 0
    while start < len(text):
        end = start + 3
        if not any(text[start:end] in row for row in rows) or end > len(text):
            kept, start = kept + text[start], start + 1
            continue
        while end < len(text) and any(text[start : end + 1] in row for row in rows):
            end += 1
        start = end
    return kept.replace("\0", "")
