"""What tests of the dashboard share: the offices' city, founded once a module, and an office of it that has accounts."""

import pytest

from layers.store import accounts
from tests import office


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """Return the file of a store in which the offices' city stands; copy it before changing anything."""
    folder = tmp_path_factory.mktemp("office")
    office.found(folder).close()
    return folder / "store.db"


@pytest.fixture
def staffed(built, tmp_path):
    """An office of its own, in which a district's desk and the administrator have accounts."""
    found = office.Office.copy(tmp_path, built)
    for who in (office.DISTRICT, office.ADMIN):
        accounts.add(found.store, "root", who.name, who.role, who.area, office.GOOD)
    yield found
    found.store.close()
