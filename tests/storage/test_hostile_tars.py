"""Tars that lie: sizes that lead back or beyond the end, and headers of chance; each is read as far as it goes."""

import random

import pytest
from tar_files import member, picture, tar_of

from iqa_cli.errors import IqaError
from iqa_cli.plan.tar_columns import read_sidecars
from iqa_cli.storage.access import read_bytes
from iqa_cli.storage.folder_listing import listing

BLOCK = 512
FIELDS = ((0, 100), (124, 12), (156, 1), (157, 100), (345, 155))  # name, size, kind, link, prefix


def signed(data, offset):
    """The header at an offset with the sum that it should have."""
    header = bytearray(data[offset : offset + BLOCK])
    header[148:156] = b" " * 8
    data[offset + 148 : offset + 156] = b"%06o\0 " % sum(header)
    return bytes(data)


def with_size(number):
    """A tar whose second member says that it has so many bytes."""
    data = bytearray(tar_of(*(member(f"{i}.png", picture(i)) for i in range(3))))
    second = data.index(b"1.png")
    told = number.to_bytes(12, "big", signed=True) if number < 0 else b"\x80" + number.to_bytes(11, "big")
    data[second + 124 : second + 136] = told
    return signed(data, second)


@pytest.mark.parametrize("number", [-1024, -(2**40), 2**40, 2**80])
def test_a_size_that_leads_back_or_far_beyond_ends_the_tar(tmp_path, number):
    tar = tmp_path / "x.tar"
    tar.write_bytes(with_size(number))
    found = listing(str(tar))
    assert found.broken and found.pictures[0].name == "0.png"
    assert read_bytes(f"{tar}/0.png") == picture(0)


def test_headers_of_chance_cost_a_tar_never_the_run(tmp_path):
    chance, seen = random.Random(0), set()
    whole = tar_of(member("a.png", picture(0)), member("d" * 150 + ".png", picture(1)), member("a.json", b'{"x": 1}'))
    for number in range(300):
        data = bytearray(whole)
        for _ in range(chance.choice((1, 2, 6))):
            offset, (start, length) = chance.randrange(len(data) // BLOCK) * BLOCK, chance.choice(FIELDS)
            for place in range(offset + start, offset + start + length):
                if chance.random() < 0.5:
                    data[place] = chance.choice((0, 0x80, 0xFF, 0x31, chance.randrange(256)))
            signed(data, offset)
        tar = tmp_path / f"{number}.tar"
        tar.write_bytes(data[: chance.choice((len(data), chance.randrange(len(data))))])
        try:
            read_sidecars([str(tar)])
            found = listing(str(tar))
        except IqaError:
            seen.add("refused")
            continue
        seen.add("broken" if found.broken else "whole")
        for name in found.pictures:
            try:
                read_bytes(f"{tar}/{name}")
            except OSError:
                seen.add("member")
    assert seen == {"refused", "broken", "whole", "member"}
