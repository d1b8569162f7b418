"""Who is signed in where: saved sessions, known devices, whose shop a session opens, and (`sign_in`) how one is got."""
