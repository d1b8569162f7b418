"""Where on a sheet the table is: its header, rows that are no data, notices, merged cells."""
