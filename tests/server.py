"""The process that test servers are forked from imports this: the program, once before any fork."""

import os

from dashboard.__main__ import main, modules

modules("serve")


def serve(store: str, port: int, words: str) -> None:
    """Serve a drill store as `python -m dashboard serve` does, without the settings of this machine; what is said goes to a file."""
    with open(words, "w") as out:
        os.dup2(out.fileno(), 1)
        os.dup2(out.fileno(), 2)
    for name in [name for name in os.environ if name.startswith("FANGYI_")]:
        del os.environ[name]
    raise SystemExit(main(["serve", "--store", store, "--port", str(port)]))
