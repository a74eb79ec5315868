"""Lists of proposals name what they are about."""

from datetime import UTC, datetime

import pytest

from dashboard.pages._frame import titled
from layers.decisions._proposal import Proposal, Words

NOW = datetime(2020, 2, 25, tzinfo=UTC)


def proposal(**figures):
    return Proposal(
        "W1|医用防护服|套", "replenish", (), "r", NOW, NOW, "h", Words("", ""), name="协和医院", figures=figures
    )


@pytest.mark.parametrize(
    ("figures", "lang", "said"),
    [
        ({"item": "医用防护服"}, "zh", "医用防护服 · 协和医院"),
        ({"item": "医用防护服"}, "en", "protective suits · 协和医院"),
        ({}, "zh", "协和医院"),
        ({"item": ""}, "zh", "协和医院"),
    ],
)
def test_a_proposal_about_goods_names_them_before_the_site(figures, lang, said):
    assert titled(proposal(**figures), lang) == said
