"""What the commands do. Scrapy imports all of `commands/` at each start; what is in here, the command that runs.

May import anything but `commands`, which alone imports it.
"""
