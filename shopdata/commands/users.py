"""`scrapy users`: who may use the board and the service, and what each may do there."""

from __future__ import annotations

import argparse

from shopdata.command_frame import QuietCommand
from shopdata.command_help import explain
from shopdata.exceptions import ArgumentError


class Command(QuietCommand):
    """Exit code 0 if it was done or shown, 2 for wrong arguments. A running service needs no restart."""

    usage = "list | add NAME --role ROLE | role NAME ROLE | password NAME | remove NAME"
    summary = "List, add, change and remove those who may use the board and the service"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--role", metavar="ROLE", help="add: see, act or administer")
        parser.add_argument(
            "--generate", action="store_true", help="add, password: makes a password, and shows it once"
        )
        parser.add_argument("--password-stdin", action="store_true", help="add, password: reads it from standard input")
        explain(
            parser,
            what_to_do={
                "list": "every user with their role",
                "add NAME --role ROLE": "a new user; asks for the password twice, without showing it",
                "role NAME ROLE": "another role, from their next click on",
                "password NAME": "another password; browsers that are signed in have to sign in again",
                "remove NAME": "a user who may do nothing any more, at once",
            },
            roles={
                "see": "pages, states as JSON, metrics",
                "act": "also: collect, ask again, pause, sign shops in",
                "administer": "also: deploy code, settings, users, what everybody did",
            },
            examples={
                "scrapy users add wangfang --role act --generate": "makes a password, and shows it once",
                "scrapy users role wangfang administer": "wangfang may do everything from now on",
            },
            exit_codes={0: "done, or shown", 2: "wrong arguments or configuration; nothing was changed"},
        )

    def work(self, args: list[str], opts: argparse.Namespace) -> int:
        from shopdata.actions import users

        match args:
            case ["list"]:
                return users.show(self.settings)
            case ["add", name]:
                return users.add(self.settings, name, opts)
            case ["role", name]:
                return users.set_role(self.settings, name, opts.role)
            case ["role", name, role]:
                return users.set_role(self.settings, name, role)
            case ["password", name]:
                return users.set_password(self.settings, name, opts)
            case ["remove", name]:
                return users.remove(self.settings, name)
        raise ArgumentError(
            "this is not what can be done with users",
            where="the command's arguments",
            found=" ".join(args) or "nothing",
            expected=self.usage,
            todo="The command with `-h` shows all.",
        )
