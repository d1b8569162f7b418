"""From the tables of several shops to one workbook and one Parquet object; also of a folder of files."""
