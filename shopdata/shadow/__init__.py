"""A week beside the RPA: what somebody else has saved is held against what we have published, day by day.

`file_names` says whose file it is, `theirs` reads it, `ours` fetches what is published, `comparing` finds what differs,
`days` keeps what came of it, and `beside` does it all for a range of days. Nothing here writes into the store.
"""
