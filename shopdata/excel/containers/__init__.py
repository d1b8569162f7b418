"""What lies around a file: the zip, the OLE container, a password. Bytes in, bytes out, nothing of sheets."""
