"""Encrypted workbooks: the password that Excel tries by itself opens them, and any other is asked for in a sentence."""

from __future__ import annotations

import hashlib
import io
import struct
from collections.abc import Callable
from pathlib import Path

import olefile
import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from foreign import DATASET, EXPECTED, FIXTURES, rows_of
from msoffcrypto.method.container.ecma376_encrypted import ECMA376Encrypted
from msoffcrypto.method.ecma376_agile import ECMA376Agile
from msoffcrypto.method.ecma376_standard import ECMA376Standard
from msoffcrypto.method.rc4 import DocumentRC4
from msoffcrypto.method.rc4_cryptoapi import DocumentRC4CryptoAPI
from msoffcrypto.method.xor_obfuscation import DocumentXOR

from shopdata.excel import read_table, sniff
from shopdata.excel.containers.passwords import DEFAULT_PASSWORD
from shopdata.exceptions import RejectedFileError

XLSX, XLS = (FIXTURES / "libreoffice.xlsx").read_bytes(), (FIXTURES / "libreoffice.xls").read_bytes()
SALT, VERIFIER = bytes(range(16)), bytes(range(16, 32))
BOF, EOF, BOUNDSHEET, FILEPASS = 0x0809, 0x000A, 0x0085, 0x002F
#: Styles' names, who wrote it, drawings, an index of texts, windows.
UNUSED = {0x0293, 0x005C, 0x00EB, 0x00FF, 0x003D, 0x008C}
#: Records that stay as they are.
OPEN = {BOF, FILEPASS, 0x0194, 0x0195, 0x00E1, 0x0196, 0x0138}


def agile(password: str, spins: int = 1000) -> bytes:
    """As Excel 2010 and later."""
    return bytes(ECMA376Agile.encrypt(password, io.BytesIO(XLSX), spin_count=spins))


def standard(password: str) -> bytes:
    """As Excel 2007."""
    key = ECMA376Standard.makekey_from_password(password, 0x660E, 0x8004, 0x18, 128, 16, SALT)

    def encrypted(plain: bytes) -> bytes:
        cipher = Cipher(algorithms.AES(bytes(key)), modes.ECB()).encryptor()
        return cipher.update(plain + bytes(-len(plain) % 16)) + cipher.finalize()

    header = struct.pack("<IIIIIIII", 0x24, 0, 0x660E, 0x8004, 128, 0x18, 0, 0) + "Microsoft AES\0".encode("utf-16-le")
    hashed = encrypted(hashlib.sha1(VERIFIER).digest())
    verifier = struct.pack("<I", 16) + SALT + encrypted(VERIFIER) + struct.pack("<I", 20) + hashed
    info = struct.pack("<HHII", 4, 2, 0x24, len(header)) + header + verifier
    made = io.BytesIO()
    ECMA376Encrypted(struct.pack("<Q", len(XLSX)) + encrypted(XLSX), info).write_to(made)
    return made.getvalue()


def records(stream: bytes) -> list[tuple[int, bytes]]:
    found, place = [], 0
    while place + 4 <= len(stream) and stream[place : place + 2] != b"\0\0":
        number, size = struct.unpack_from("<HH", stream, place)
        found.append((number, stream[place + 4 : place + 4 + size]))
        place += 4 + size
    return found


def old(head: bytes, encrypt: Callable[[bytes, list[int]], bytes]) -> bytes:
    """An .xls whose records are encrypted; `encrypt` gets all bytes, and -1 for each that is hidden (-2 in a list of
    sheets), else the byte."""
    with olefile.OleFileIO(io.BytesIO(XLS)) as container:
        known = records(container.openstream("Workbook").read())
    # Records that nobody needs make room for the one that is added: what refers to places stays true.
    end = known.index((EOF, b""))
    room = sum(4 + len(content) for number, content in known[:end] if number in UNUSED)
    kept = [record for record in known[1:end] if record[0] not in UNUSED]
    known[1:end] = [(FILEPASS, head), (0x0FFF, bytes(room - len(head) - 8)), *kept]
    stream, plain = b"", []
    for number, content in known:
        stream += struct.pack("<HH", number, len(content)) + content
        plain += list(struct.pack("<HH", number, len(content)))
        if number in OPEN:
            plain += list(content)
        elif number == BOUNDSHEET:
            plain += [*content[:4], *[-2] * (len(content) - 4)]
        else:
            plain += [-1] * len(content)
    hidden = encrypt(stream, plain)
    whole = bytes(hidden[place] if mark < 0 else mark for place, mark in enumerate(plain))
    made = io.BytesIO(XLS)
    with olefile.OleFileIO(made, write_mode=True) as container:
        container.write_stream("Workbook", whole.ljust(container.get_size("Workbook"), b"\0"))
        return made.getvalue()


def rc4(password: str) -> bytes:
    secret = DocumentRC4.decrypt(password, SALT, io.BytesIO(VERIFIER + hashlib.md5(VERIFIER).digest())).read()
    return old(
        struct.pack("<HHH", 1, 1, 1) + SALT + secret,
        lambda stream, plain: DocumentRC4.decrypt(password, SALT, io.BytesIO(stream), blocksize=1024).read(),
    )


def crypto_api(password: str) -> bytes:
    both = io.BytesIO(VERIFIER + hashlib.sha1(VERIFIER).digest())
    secret = DocumentRC4CryptoAPI.decrypt(password, SALT, 128, both).read()
    header = struct.pack("<IIIIIIII", 4, 0, 0x6801, 0x8004, 128, 1, 0, 0)
    head = struct.pack("<HHHII", 1, 2, 2, 4, len(header)) + header + struct.pack("<I", 16) + SALT + secret[:16]
    return old(
        head + struct.pack("<I", 20) + secret[16:],
        lambda stream, plain: DocumentRC4CryptoAPI.decrypt(
            password, SALT, 128, io.BytesIO(stream), blocksize=1024
        ).read(),
    )


def xor(password: str) -> bytes:
    signs = [len(password), *map(ord, password)]
    verifier = 0
    for sign in reversed(signs):
        verifier = (verifier >> 14 & 1 ^ verifier << 1 & 0x7FFF) ^ sign
    array = DocumentXOR.create_xor_array_method1(password)

    def encrypt(stream: bytes, plain: list[int]) -> bytes:
        hidden, place = bytearray(stream), 0
        while place < len(plain):
            end = place
            while end < len(plain) and plain[end] < 0:
                end += 1
            # The sign of a byte depends on where its record ends; in a list of sheets four bytes stand before.
            start = place + (end - place) + (4 if end > place and plain[place] == -2 else 0)
            for step in range(end - place):
                value = hidden[place + step]
                hidden[place + step] = (value << 5 & 0xFF | value >> 3) ^ array[(start + step) % 16]
            place = max(end, place + 1)
        return bytes(hidden)

    key = DocumentXOR.create_xor_key_method1(password)
    return old(struct.pack("<HHH", 0, key, verifier ^ 0xCE4B), encrypt)


KINDS = [
    pytest.param(agile, "xlsx", id="agile"),
    pytest.param(standard, "xlsx", id="standard"),
    pytest.param(rc4, "xls", id="rc4"),
    pytest.param(crypto_api, "xls", id="rc4-of-the-crypto-api"),
    pytest.param(xor, "xls", id="xor"),
]


@pytest.mark.parametrize(("encrypt", "ext"), KINDS)
def test_what_excel_opens_without_asking_is_read(tmp_path: Path, encrypt: Callable[[str], bytes], ext: str) -> None:
    path = tmp_path / "a"
    path.write_bytes(encrypt(DEFAULT_PASSWORD))
    assert sniff(path) == ext
    table = read_table(path, DATASET)
    assert rows_of(table) == EXPECTED
    assert table.warnings == []


@pytest.mark.parametrize(("encrypt", "ext"), KINDS)
def test_another_password_is_asked_for_in_a_sentence(tmp_path: Path, encrypt: Callable[[str], bytes], ext: str) -> None:
    path = tmp_path / "a"
    path.write_bytes(encrypt("other-fake"))
    with pytest.raises(RejectedFileError, match="protected by a password") as caught:
        read_table(path, DATASET)
    assert caught.value.todo == "Switch the password off where the report is made."


@pytest.mark.parametrize(("encrypt", "ext"), KINDS)
def test_a_damaged_one_is_refused(tmp_path: Path, encrypt: Callable[[str], bytes], ext: str) -> None:
    path = tmp_path / "a"
    content = encrypt(DEFAULT_PASSWORD)
    for size in (700, len(content) // 2, len(content) * 9 // 10):
        path.write_bytes(content[:size])
        with pytest.raises(RejectedFileError) as caught:
            read_table(path, DATASET)
        assert "Error" not in str(caught.value)


def test_a_password_that_takes_long_to_try_is_not_tried(tmp_path: Path) -> None:
    told = b'spinCount="1000" saltSize="16" blockSize="16" keyBits="256"\n' + b" " * 28
    content = agile(DEFAULT_PASSWORD, spins=1_000)
    assert content.count(told) == 1
    path = tmp_path / "a"
    path.write_bytes(content.replace(told, told.replace(b"1000", b"9999999")[:-3]))
    with pytest.raises(RejectedFileError, match="hashed 9,999,999 times"):
        read_table(path, DATASET)
