"""The command line: python -m dashboard COMMAND. Every command says what it does, gives an example, and fails in one clear line."""

import argparse
import atexit
import importlib
import os
import pkgutil
import select
import sys
import threading
from collections.abc import Sequence
from types import ModuleType

from dashboard import commands
from dashboard.commands._stopping import listen

FAILED = 1  # the machine would not: a disk, a network, a right
REFUSED = 2  # what was asked for cannot be done as it stands
STOPPED = 130
UNREAD = 141  # what a shell says of a program whose reader went away: `| head`
OWN = ("dashboard", "layers", "geo")  # a part of the program that is missing is no package to install


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code."""
    listen()
    try:
        args = parser(sys.argv[1:] if arguments is None else arguments).parse_args(arguments)
        code = int(args.run(args) or 0)
        sys.stdout.flush()
        return code
    except SystemExit:  # of the parser, which has printed its help
        if _is_unread():
            return UNREAD
        raise
    except KeyboardInterrupt:
        return _stopped()
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] in OWN:
            raise
        print(
            f"error: the package {error.name!r} is not installed; wanted: pip install -r requirements.txt",
            file=sys.stderr,
        )
        return FAILED
    except Exception as error:
        return UNREAD if isinstance(error, BrokenPipeError) and _is_unread() else _told(error)


def parser(arguments: Sequence[str] = ()) -> argparse.ArgumentParser:
    """Return the parser with the command that the arguments begin with, or with every command when they name none."""
    top = argparse.ArgumentParser(prog="python -m dashboard", description="Fangyi 防疫指挥图: the epidemic command map")
    found = top.add_subparsers(metavar="COMMAND", required=True)
    for module in modules(*arguments[:1]):
        one = found.add_parser(
            module.NAME,
            help=module.HELP,
            description=module.HELP,
            epilog=f"example:\n  {module.EXAMPLE}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        module.add(one)
        one.set_defaults(run=module.run)
    return top


def modules(wanted: str = "") -> list[ModuleType]:
    """Return the module of the wanted command, or of every command when there is none of that name.

    A module is called like its command, with "_" for "-", and "_" behind it where Python has the word for itself. Loading one takes a
    second or two, loading all of them several.
    """
    found = [m.name for m in pkgutil.iter_modules(commands.__path__) if not m.name.startswith("_")]
    chosen = [name for name in found if name.removesuffix("_").replace("_", "-") == wanted] or found
    return [importlib.import_module(f"dashboard.commands.{name}") for name in chosen]


def _told(error: Exception) -> int:
    """Say in one line what went wrong and return the exit code; what nobody foresaw is raised again, with its trace."""
    # Imported here: the libraries behind these take time to load, and Ctrl+C must be answered meanwhile as well.
    from sqlalchemy.exc import DBAPIError

    from dashboard.errors import Refusal
    from geo.errors import GeoError
    from layers._errors import Cancelled, LayerError

    if isinstance(error, Cancelled):
        return _stopped()
    if isinstance(error, DBAPIError):  # its own text repeats the statement with its values, which may name a person
        print(f"error: the store failed: {_one_line(error.orig or error)}", file=sys.stderr)
        return FAILED
    refusals = (LayerError, GeoError, Refusal)
    if not isinstance(error, (*refusals, OSError)):
        raise error
    print(f"error: {_one_line(error)}", file=sys.stderr)
    return REFUSED if isinstance(error, refusals) else FAILED


def _is_unread() -> bool:
    """Whether nobody reads the output any more; what is left of it is let go. A broken pipe may also be one to a process that computes."""
    seen = select.poll()
    try:
        seen.register(sys.stdout, select.POLLOUT)
    except OSError:  # it is no file
        return False
    gone = any(event & select.POLLERR for _, event in seen.poll(0))
    if gone:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return gone


def _stopped() -> int:
    print("stopped; what was finished stays, nothing was half-written", file=sys.stderr)
    return STOPPED


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__


def _leave(codes: Sequence[int]) -> None:
    """End the process at once with the code of its command when it was stopped, or threads in the background are still at work.

    Where Ctrl+C fell into code that a library runs from a text, Python would end by the signal in the place of the code.
    Registered before anything else, so it runs after all that others registered and after every thread that must be waited
    for. A library that computes in a thread of its own aborts a process whose interpreter is taken down under it.
    """
    if codes and (codes[0] == STOPPED or any(one.daemon for one in threading.enumerate())):
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(codes[0])


if __name__ == "__main__":
    ended: list[int] = []
    atexit.register(_leave, ended)
    ended.append(main())
    sys.exit(ended[0])
