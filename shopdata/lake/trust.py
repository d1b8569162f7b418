"""Whose certificates are believed."""

from __future__ import annotations

import ssl

import certifi


def trusted_context() -> ssl.SSLContext:
    """What this system trusts (OpenSSL reads SSL_CERT_FILE for it) and, where it trusts nobody, certifi's list."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context
