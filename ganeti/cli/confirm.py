"""Questions to the user, asked on the terminal even if standard input is something else."""

import sys
from collections.abc import Sequence
from typing import NamedTuple


class Choice(NamedTuple):
    """One possible answer: the key to type, what it stands for, and an explanation."""

    key: str
    value: str
    help: str


YES = Choice("y", "yes", "Perform the operation")
NO = Choice("n", "no", "Do not perform the operation")


def _help_lines(choices: Sequence[Choice]) -> str:
    return "".join(f" {choice.key} - {choice.help}\n" for choice in choices)


def ask(question: str, choices: Sequence[Choice]) -> str:
    """Ask until one of *choices* is given and return its value; the last one, after saying so, without a terminal."""
    default = choices[-1].value
    prompt = "/".join([*(choice.key for choice in choices[:-1]), f"[{choices[-1].key}]", "?"])
    by_key = {choice.key: choice.value for choice in choices}
    try:
        terminal = open("/dev/tty", "r+b", buffering=0)  # noqa: SIM115
    except OSError:
        # A script that forgot --force would else see a program fail without a word.
        print(f"{question}\nNo terminal to ask on, the answer is '{default}'", file=sys.stderr)
        return default
    with terminal:
        terminal.write(f"{question}\n".encode())
        while True:
            terminal.write(f"{prompt}: ".encode())
            line = terminal.readline()
            answer = line.decode("utf-8", "replace").strip().lower()
            if not line or not answer:
                return default
            if answer in by_key:
                return by_key[answer]
            if answer == "?":
                terminal.write(_help_lines(choices).encode())


def confirm(question: str) -> bool:
    """Ask a question with the answers yes and no; without a terminal the answer is no."""
    return ask(question, (YES, NO)) == YES.value
