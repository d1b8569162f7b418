"""What every reader of a format gives: sheets, and in them blocks of rows whose columns are still
numbered.
"""
