"""One-time codes as a device shows them, each with half a minute or more to arrive on a busy machine."""

import time

from layers.store.factors import STEP_S, code_of


def code_now(secret: str) -> str:
    """Return the code that a device shows; it counts until the next one has passed."""
    return code_of(secret, time.time())


def code_next(secret: str) -> str:
    """Return the code that comes then and counts already: for whoever has used the one that is shown."""
    return code_of(secret, time.time() + STEP_S)
