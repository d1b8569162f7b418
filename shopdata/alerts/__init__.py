"""Tells a person what came of a run: what is missing, why, what to do; later only what has changed.

`snapshot` reads the ledger, `changes` compares with what was told, `digest` says it in Chinese, `channels` send it, and
`notifier` brings them together. Imports the lake and what is below it; no Scrapy, so that the service can use it too.
"""
