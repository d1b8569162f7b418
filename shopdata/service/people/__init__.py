"""Who may use the service, and what each may do: names, roles, passwords, and browsers that are signed in."""
