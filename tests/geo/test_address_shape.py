"""Characters that are taken for one another by eye."""

import pytest

from geo.address_shape import look_alike, misreadings


# Pairs that teachers of Chinese warn of, and pairs that nobody confuses.
@pytest.mark.parametrize("pair", ["人入", "城域", "湖胡", "影景", "新薪", "苑宛", "湾弯", "凤风", "港巷", "海侮"])
def test_one_is_read_for_the_other(pair):
    assert look_alike(*pair)
    assert look_alike(*reversed(pair))


@pytest.mark.parametrize("pair", ["青红", "东西", "山水", "明华", "金银", "春秋", "A3", "城3"])
def test_nobody_reads_one_for_the_other(pair):
    assert not look_alike(*pair)


def test_a_character_is_no_misreading_of_itself_and_misreadings_go_both_ways():
    misread = misreadings()
    assert len(misread) > 3700  # the first level of GB 2312 has 3,755 characters
    assert all(character not in others for character, others in misread.items())
    assert all(character in misread[other] for character, others in misread.items() for other in others)
