"""The object store: any service that speaks S3, by minio-py, with every failure as a sentence.

Its keys, what waits on this machine's disk to be sent (`staging`, `outbox`), and what was replaced (`history`).
Imports ledger and configuration; knows no table and no receipt.
"""
