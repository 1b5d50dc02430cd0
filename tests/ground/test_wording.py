"""Notes of many rows, told once."""

from iqa_cli.ground.wording import masked, shortened, told_once


def test_equal_notes_are_told_once_with_the_number_of_rows():
    assert list(told_once(["first frame of 2", "", "first frame of 2"])) == ["2 × first frame of 2"]


def test_shares_of_masks_are_told_as_one_span_and_the_other_notes_apart():
    notes = [
        masked(0.045),
        f"cropped; {masked(0.12)}",
        f"{masked(0.06)}; iqt: reflected",
        f"cropped; {masked(0.07)}; iqt",
    ]
    told = ["1 × iqt: reflected", "1 × cropped; iqt", "4 × mask: 4.5 % to 12 % of the image counts"]
    assert list(told_once(notes)) == ["1 × cropped", *told]


def test_one_mask_for_all_has_one_share():
    assert list(told_once([masked(0.5)] * 3)) == ["3 × mask: 50 % of the image counts"]


def test_what_a_file_says_of_itself_is_told_in_40_characters():
    assert shortened("Display P3") == "Display P3"
    assert shortened("x" * 40) == "x" * 40
    assert shortened("A monitor " * 30) == "A monitor A monitor A monitor A monitor…"
