"""Rows that need a second person, in real browsers: asked for on a desk, seen in the head of another, released with a remark, saved by whoever asked."""

import pytest

from tests import looking
from tests.office import GOOD
from tests.server import serve_strictly

ASKER, CHIEF = "值班一", "值班二"


@pytest.fixture(scope="module")
def served(built):
    with looking.staffed(built, serve_strictly, (ASKER, "city", ""), (CHIEF, "city", "")) as found:
        yield found


def test_rows_are_asked_for_released_by_another_and_saved(served):
    desk = looking.signed_in(*served, GOOD, ASKER, "/lockdown?lang=en&table=cases")
    chief = looking.signed_in(*served, GOOD, CHIEF, "/quality?lang=en")
    desk.click("[data-rows=cases]")
    desk.fill(".rows-dialog textarea", "contact tracing")
    desk.click(".rows-dialog .primary")
    desk.wait_for_selector(".toast:has-text('second person')")
    chief.click(".bell-link[href^='/exports']")  # came by itself
    chief.wait_for_selector(".taking-list")
    looking.settled(chief)
    assert looking.axe(chief) == []
    assert "contact tracing" in chief.inner_text(".panel.exports")
    chief.click(".taking-decide .primary")
    chief.wait_for_selector("#taking-said .order-problem")  # without a remark nothing goes out
    chief.fill(".taking-decide input", "agreed by telephone")
    chief.click(".taking-decide .primary")
    chief.wait_for_selector("#taking-said .account-done")
    desk.click(".bell-link[href^='/exports']")
    desk.wait_for_selector("[data-released]")
    looking.settled(desk)
    with desk.expect_download() as saved:
        desk.click("[data-released]")
    assert saved.value.suggested_filename.startswith("fangyi_cases_FX-")
    content = saved.value.path().read_text("utf-8-sig")
    assert CHIEF in content
    assert "contact tracing" in content
    desk.wait_for_selector(".panel.exports-own .badge:has-text('taken')")
    assert (desk.said, chief.said) == ([], [])
    assert desk.hosts | chief.hosts == {"127.0.0.1"}
