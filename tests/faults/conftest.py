"""What tests of faults share: the offices' city, founded once a module."""

import pytest

from tests import office


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """Return the file of a store in which the offices' city stands; copy it before changing anything."""
    folder = tmp_path_factory.mktemp("office")
    office.found(folder).close()
    return folder / "store.db"
