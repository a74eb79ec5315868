"""One module a command of `python -m dashboard`; each has NAME, HELP, EXAMPLE, add(parser) and run(args)."""
