"""One small file per dataset: what is asked for, in the order it is asked.

Imports a base of `crawling` or of a platform, and no more than it needs beside it; nobody imports a spider.
"""
