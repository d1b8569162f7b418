"""Is a file plausible? Rules that are pure: what was and what is go in, a verdict comes out (docs/checks.md).

Nothing in here asks a ledger, a store or a clock, so that a benchmark can run years of made-up shops through it.
"""
