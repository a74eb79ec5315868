"""The command line: python -m dashboard COMMAND. Every command says what it does, gives an example, and fails in one clear line."""

import argparse
import importlib
import pkgutil
import signal
import sys
from collections.abc import Sequence
from types import ModuleType
from typing import Any

from dashboard import commands
from dashboard.access import AccessError
from dashboard.export import ExportError
from dashboard.settings import SettingsError
from geo.errors import GeoError
from layers._errors import Cancelled, FeedError, LayerError

REFUSED = 2  # what was asked for cannot be done as it stands
STOPPED = 130
FAILURES = (LayerError, SettingsError, GeoError, ExportError, AccessError, OSError)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code."""
    args = parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, _stop)
    try:
        return int(args.run(args) or 0)
    except (KeyboardInterrupt, Cancelled):
        print("stopped; nothing was half-written", file=sys.stderr)
        return STOPPED
    except FAILURES as error:
        print(f"error: {_one_line(error)}", file=sys.stderr)
        return REFUSED if isinstance(error, FeedError | SettingsError | LayerError | GeoError) else 1


def parser() -> argparse.ArgumentParser:
    """Return the parser with every command."""
    top = argparse.ArgumentParser(prog="python -m dashboard", description="Fangyi 防疫指挥图: the epidemic command map")
    found = top.add_subparsers(metavar="COMMAND", required=True)
    for module in _modules():
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


def _modules() -> list[ModuleType]:
    names = [m.name for m in pkgutil.iter_modules(commands.__path__) if not m.name.startswith("_")]
    return [importlib.import_module(f"dashboard.commands.{name}") for name in names]


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__


def _stop(_number: int, _frame: Any) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
