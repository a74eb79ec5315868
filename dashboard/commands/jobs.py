"""Run jobs, daily editions and the watch in a process of their own."""

import argparse

from dashboard.commands._shared import add_store, settings_of
from dashboard.commands.serve import fit, share_arenas, shelf_of
from dashboard.serving import jobs

NAME = "jobs"
HELP = "run what browsers put in line, the daily editions and the watch, for a server that was started with --no-jobs"
EXAMPLE = "python -m dashboard jobs"


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    add_store(parser)


def run(args: argparse.Namespace) -> int:
    """Run until stopped; waits while another process does it for the same store."""
    settings = settings_of(args)
    store = fit(settings)
    shelf = shelf_of(settings, store)
    store.close()
    share_arenas()
    print("Fangyi 防疫指挥图  jobs  ·  stop with Ctrl+C", flush=True)
    return jobs(settings, shelf)
