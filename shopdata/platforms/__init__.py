"""One package for each platform: its settings, sign-in, what its answers mean, its way to a report, its texts.

Nothing outside names a platform: `config.platforms` finds them. What is imported at once is only what `Platform` holds.
"""
