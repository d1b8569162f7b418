"""`.env`: what is taken from a line is what a shell and systemd take, or the line is refused by its number."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import textwrap
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shopdata.config import fill_from, read_env_file
from shopdata.exceptions import ConfigError

TAKEN = {
    "plain": "A=b",
    "empty": "A=",
    "empty in quotes": "A=''",
    "a sign of equality inside": "A=b=c==",
    "an address": "A=https://minio.example.com:9000/a?b=c",
    "a store": "A=minio.example.com:9000",
    "letters of all kinds": "A=回力旗舰店-é",
    "a hash inside": "A=p#w",
    "signs that mean nothing": "A=!%*+,-./:=?@[]^_{}",
    "a tilde inside": "A=a~b",
    "in single quotes": "A='p#w d $x `y` \"z\" & ; | <>()~'",
    "in double quotes": "A=\"p#w d 'x' & ;\"",
    "escapes in double quotes": r'A="a\\b\"c"',
    "blanks around": "  A=b  ",
    "blanks behind quotes": "A='b'\t ",
    "a remark above": "# a note, it's 'fine'\nA=b",
    "a remark that is indented": "  # note\n\n\nA=b",
    "twice": "A=a\nA=b",
    "half a file": "A=b\n#",
}
REFUSED = {
    "a remark behind": ("A=b # note", 1, "a remark stands behind the value"),
    "a remark behind quotes": ("B=c\nA='p#w d'  # note", 2, "a remark stands behind the value"),
    "a remark behind an empty one": ("A= # note", 1, "blanks stand beside the ="),
    "export": ("export A=b", 1, "`export`"),
    "blanks beside the sign": ("A = b", 1, "blanks stand beside the ="),
    "a blank behind the sign": ("A= b", 1, "blanks stand beside the ="),
    "a blank in it": ("A=b c", 1, "a shell takes blanks"),
    "a variable": ("A=$HOME", 1, "a shell takes"),
    "a variable in braces": ("A=${B:-c}", 1, "a shell takes"),
    "a variable in double quotes": ('A="a$B"', 1, "between double quotes"),
    "a command": ('A="`id`"', 1, "between double quotes"),
    "a backslash": (r"A=a\b", 1, "a shell takes"),
    "a backslash at the end": ("A=a\\\nB=c", 1, "a shell takes"),
    "a backslash in single quotes": (r"A='a\b'", 1, "programs differ"),
    "a line end escaped": (r'A="a\nb"', 1, "between double quotes"),
    "a dollar escaped": (r'A="a\$b"', 1, "between double quotes"),
    "two commands": ("A=b;c", 1, "a shell takes"),
    "an ampersand": ("A=https://x/?a=b&c=d", 1, "a shell takes"),
    "a pipe": ("A=b|c", 1, "a shell takes"),
    "brackets": ("A=(b)", 1, "a shell takes"),
    "a home folder": ("A=~/x", 1, "a shell takes"),
    "a home folder in a path": ("A=/a:~/x", 1, "a shell takes"),
    "a hash first": ("A=#b", 1, "a shell takes"),
    "an apostrophe": ("A=it's", 1, "a shell takes"),
    "quotes side by side": ("A='a'\"b\"", 1, "something stands behind"),
    "a quote without end": ("A='b\nC=d", 1, "a quote is not closed"),
    "a double quote without end": ('A="b', 1, "a quote is not closed"),
    "several lines": ("A='b\nc'", 1, "a quote is not closed"),
    "no name": ("B=c\n=b", 2, "no name"),
    "a wide sign of equality": ("A＝b", 1, "a full-width ＝ stands where = belongs"),
    "wide quotes": ("A=“b”", 1, "full-width quotes"),
    "wide quotes in quotes": ("A='‘b c’'", 1, "full-width quotes"),
    "a name with a dash": ("A-B=c", 1, "no name"),
    "a name with a dot": ("A.B=c", 1, "no name"),
    "a name that is a number": ("1A=b", 1, "no name"),
    "a name alone": ("A", 1, "not NAME=value"),
    "another kind of remark": ("; note", 1, "not NAME=value"),
    "a remark that goes on": ("# note \\\nA=b", 1, "this remark ends with a backslash"),
    "line ends of Windows": ("A=b\r\nC=d\r\n", 1, "lines end as on Windows"),
    "a byte order mark": ("\ufeffA=b", 1, "byte order mark"),
    "a no-break space at the end": ("A=b\u00a0", 1, "a shell takes blanks"),
    "a full-width blank in quotes": ("A='b\u3000'", 1, "ends with a full-width blank (U+3000)"),
    "a tab in quotes": ("A='a\tb'", 1, "holds a tab"),
    "a zero-width space": ("A=b\u200b", 1, "ends with a zero-width space"),
}


def env_file(folder: Path, text: str) -> Path:
    path = folder / ".env"
    path.write_bytes(text.encode())
    path.chmod(0o600)
    return path


def as_shell(path: Path) -> dict[str, str]:
    """What `set -a; . ./.env` leaves in the environment."""
    shell = shutil.which("sh")
    if shell is None:
        pytest.skip("there is no shell")
    command = [shell, "-c", "set -a; . ./.env; set +a; exec env -0"]
    run = subprocess.run(command, cwd=path.parent, env={"PATH": os.environ["PATH"]}, capture_output=True, check=True)
    assert run.stderr == b""
    pairs = (pair.decode().partition("=") for pair in run.stdout.split(b"\0") if pair)
    return {name: value for name, _, value in pairs if name not in ("PATH", "PWD", "OLDPWD", "SHLVL", "_")}


def as_systemd(path: Path) -> dict[str, str]:
    """What EnvironmentFile= sets, as systemd.exec(5) and systemd's env-file.c have it."""
    found: dict[str, str] = {}
    for line in path.read_text("utf-8").split("\n"):
        line = line.strip(" \t")
        if not line or line[0] in "#;":
            assert not line.endswith("\\"), "a remark would go on"
            continue
        name, _, rest = line.partition("=")
        value, state, plain = "", "", 0
        signs = iter(rest.lstrip(" \t"))
        for sign in signs:
            if state == "" and sign in "'\"" and not plain:
                state = sign
            elif state == sign:
                state = ""
            elif sign == "\\" and state != "'":
                after = next(signs)
                value += after if state == "" or after in '"\\`$' else "\\" + after
            elif state == "" and not plain and sign in " \t":
                continue
            else:
                plain += state == ""
                value += sign
        assert state == "", "a quote without end: the next line belongs to it"
        found[name.rstrip(" \t")] = value.rstrip(" \t") if plain else value
    return found


@pytest.mark.parametrize("text", TAKEN.values(), ids=TAKEN)
def test_taken_as_a_shell_and_systemd_take_it(tmp_path: Path, text: str) -> None:
    path = env_file(tmp_path, text)
    found = read_env_file(path)
    assert found.problems == []
    assert found.hints == []
    assert found.values == as_shell(path) == as_systemd(path)


@pytest.mark.parametrize(("text", "line", "why"), REFUSED.values(), ids=REFUSED)
def test_refused_by_its_number(tmp_path: Path, text: str, line: int, why: str) -> None:
    found = read_env_file(env_file(tmp_path, text), is_windows=False)
    problem = found.problems[0]
    assert problem.where == f".env:{line}"
    assert why in problem.what
    environ: dict[str, str] = {}
    with pytest.raises(ConfigError):
        fill_from(found, environ)
    assert environ == {}


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(alphabet="aZ09_= \t#'\"\\$`~:;&|<>(){}[]*?!%^+-,./@回\u00a0\r\n", max_size=12))
def test_nothing_is_taken_otherwise_than_by_a_shell(tmp_path: Path, value: str) -> None:
    path = env_file(tmp_path, f"A={value}")
    found = read_env_file(path, is_windows=False)
    if not found.problems:
        assert found.values == as_shell(path) == as_systemd(path)


DOCS = Path(__file__).parents[2]
SAMPLES = [
    pytest.param(block, id=f"{name}, block {number}")
    for name in ("README.md", "README.zh-CN.md", "docs/operate.md", "docs/reference.md")
    for number, block in enumerate(
        re.findall(r"```(?:text|sh)?\n(.*?)```", (DOCS / name).read_text("utf-8"), re.DOTALL)
    )
    if re.match(r"\s*[A-Z][A-Z0-9_]+=", block)
]


@pytest.mark.parametrize("sample", SAMPLES)
def test_the_samples_of_the_documents_mean_the_same_to_all(tmp_path: Path, sample: str) -> None:
    path = env_file(tmp_path, textwrap.dedent(sample))
    found = read_env_file(path, is_windows=False)
    assert found.problems == []
    assert found.values == as_shell(path) == as_systemd(path)
    assert found.values


def test_there_are_samples() -> None:
    assert len(SAMPLES) >= 3


def test_no_message_shows_what_stands_there(tmp_path: Path) -> None:
    secret = "pa55w0rd"
    for text, *_ in REFUSED.values():
        found = read_env_file(env_file(tmp_path, text.replace("b", secret)), is_windows=False)
        assert not any(secret in str(problem) for problem in found.problems)


def test_every_line_is_told_at_once(tmp_path: Path) -> None:
    found = read_env_file(env_file(tmp_path, "A=b\nB=c d\nC=e\nexport D=f\n"))
    assert [problem.where for problem in found.problems] == [".env:2", ".env:4"]


def test_on_windows_its_editors_are_right(tmp_path: Path) -> None:
    found = read_env_file(env_file(tmp_path, "\ufeffA=b\r\nC='d e'\r\n"), is_windows=True)
    assert (found.values, found.problems) == ({"A": "b", "C": "d e"}, [])


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.write_bytes("A=b\nC=回力".encode("gbk"))
    assert [str(problem) for problem in read_env_file(path).problems] == [
        ".env:2: this is not UTF-8. Save the file as UTF-8."
    ]


def test_what_is_set_already_stays(tmp_path: Path) -> None:
    found = read_env_file(env_file(tmp_path, "KEPT=other\nNEW=x\n"))
    environ = {"KEPT": "as it was"}
    assert fill_from(found, environ)
    assert environ == {"KEPT": "as it was", "NEW": "x"}
    assert not fill_from(found, environ)


def test_no_file(tmp_path: Path) -> None:
    assert read_env_file(tmp_path / ".env").values == {}


@pytest.mark.skipif(os.name == "nt", reason="Windows knows no such modes")
@pytest.mark.parametrize(("mode", "is_told"), [(0o600, False), (0o400, False), (0o644, True), (0o640, True)])
def test_others_can_read_it(tmp_path: Path, mode: int, is_told: bool) -> None:
    path = env_file(tmp_path, "A=b")
    path.chmod(mode)
    assert read_env_file(path).hints == (
        [".env can be read by others on this machine: `chmod 600 .env`."] if is_told else []
    )
