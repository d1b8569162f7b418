"""Who is signed in where: saved sessions, known devices, whose shop a session opens, and (`sign_in`) how one is got.

Imports configuration, network and browser; no Scrapy, no ledger, and of platforms only what they declare.
"""
