"""Puts certificates into an NSS database, whose authorities Chromium believes on Linux: `-c SOURCE FOLDER PEM-FILE`.

A program of its own, of the standard library alone: NSS keeps its state in the process, and what is wrong with a
database must not end a crawl. `certutil` does the same, but is installed hardly anywhere; the library is wherever
Chromium is.
"""

from __future__ import annotations

import ctypes
import re
import ssl
import sys
from pathlib import Path

_POINTER, _INT, _TEXT = ctypes.c_void_p, ctypes.c_int, ctypes.c_char_p
#: Name: what it gives, what it takes (nss/lib: nss.h, pk11pub.h, cert.h).
_FUNCTIONS = {
    "NSS_InitReadWrite": (_INT, [_TEXT]),
    "PK11_GetInternalKeySlot": (_POINTER, []),
    "PK11_NeedUserInit": (_INT, [_POINTER]),
    "PK11_InitPin": (_INT, [_POINTER, _TEXT, _TEXT]),
    "CERT_GetDefaultCertDB": (_POINTER, []),
    "CERT_NewTempCertificate": (_POINTER, [_POINTER, _POINTER, _TEXT, _INT, _INT]),
    "PK11_ImportCert": (_INT, [_POINTER, _POINTER, ctypes.c_ulong, _TEXT, _INT]),
    "CERT_ChangeCertTrust": (_INT, [_POINTER, _POINTER, _POINTER]),
}
#: CERTDB_VALID_CA and CERTDB_TRUSTED_CA: an authority for servers, as certutil's "C,,".
_AUTHORITY = 8 | 16


class _Item(ctypes.Structure):
    _fields_ = (("type", ctypes.c_uint), ("data", ctypes.c_char_p), ("length", ctypes.c_uint))


class _Trust(ctypes.Structure):
    _fields_ = (("for_servers", ctypes.c_uint), ("for_mail", ctypes.c_uint), ("for_code", ctypes.c_uint))


def add_authorities(folder: str, ders: list[bytes]) -> None:
    """Adds them to the database in a folder, which is made if there is none.

    Raises:
        OSError: there is no NSS here, or it refuses.
    """
    nss = ctypes.CDLL("libnss3.so")
    for name, (gives, takes) in _FUNCTIONS.items():
        function = getattr(nss, name)
        function.restype, function.argtypes = gives, takes
    if nss.NSS_InitReadWrite(f"sql:{folder}".encode()):
        raise OSError("the database can't be opened")
    slot, database = nss.PK11_GetInternalKeySlot(), nss.CERT_GetDefaultCertDB()
    if nss.PK11_NeedUserInit(slot):
        nss.PK11_InitPin(slot, None, b"")
    for number, der in enumerate(ders, 1):
        item, trust = _Item(0, der, len(der)), _Trust(_AUTHORITY, 0, 0)
        certificate = nss.CERT_NewTempCertificate(database, ctypes.byref(item), None, 0, 1)
        if not certificate or nss.PK11_ImportCert(slot, certificate, 0, f"shopdata {number}".encode(), 0):
            raise OSError("a certificate can't be added")
        if nss.CERT_ChangeCertTrust(database, certificate, ctypes.byref(trust)):
            raise OSError("a certificate can't be marked as an authority")


if __name__ == "__main__":
    blocks = re.findall(r"-----BEGIN.+?-----END CERTIFICATE-----", Path(sys.argv[2]).read_text("ascii"), re.DOTALL)
    try:
        add_authorities(sys.argv[1], [ssl.PEM_cert_to_DER_cert(block) for block in blocks])
    except (OSError, AttributeError) as error:
        sys.exit(str(error))
