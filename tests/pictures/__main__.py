"""Accept the pictures that the last run of the tests found: `python -m tests.pictures [NAME ...]`."""

import sys

from tests.pictures import accept

print("accepted:", *accept(sys.argv[1:]))
