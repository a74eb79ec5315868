"""What tests of the dashboard share: the offices' city, founded once a module, and hashes that cost nothing."""

import pytest
from argon2 import PasswordHasher

from layers.store import accounts, passwords
from tests import office


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """Return the file of a store in which the offices' city stands; copy it before changing anything."""
    folder = tmp_path_factory.mktemp("office")
    office.found(folder).close()
    return folder / "store.db"


@pytest.fixture(scope="module")
def cheap_hashes():
    """Hash passwords as always, but at no cost."""
    before, passwords.HASHER = passwords.HASHER, PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    accounts._nobody.cache_clear()
    yield
    passwords.HASHER = before
    accounts._nobody.cache_clear()
