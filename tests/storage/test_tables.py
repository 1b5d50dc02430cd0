"""Tables are read wherever they lie, and what a manifest at a URL names lies beside it."""

import io

import fsspec
import pandas as pd
import pytest

from iqa_cli.errors import UsageError
from iqa_cli.ground.reading import good_rows
from iqa_cli.storage.tables import read_cells, read_table

FRAME = pd.DataFrame({"image": ["a b.png", "é.png"], "mos": [3.5, 2.0]})
ROWS = [{"image": "a b.png", "mos": "3.5"}, {"image": "é.png", "mos": "2.0"}]


def parquet(frame):
    stream = io.BytesIO()
    frame.to_parquet(stream)
    return stream.getvalue()


FORMS = {
    "list.csv": FRAME.to_csv(index=False).encode(),
    "list.jsonl": FRAME.to_json(orient="records", lines=True, force_ascii=False).encode(),
    "list.parquet": parquet(FRAME),
}


@pytest.fixture
def bucket():
    """A bucket in memory, empty again afterwards."""
    files = fsspec.filesystem("memory")
    yield files
    files.rm("/bucket", recursive=True)


@pytest.mark.parametrize("name", FORMS)
def test_every_table_is_read_from_a_url(bucket, name):
    bucket.pipe(f"/bucket/{name}", FORMS[name])
    assert good_rows(read_table(f"memory://bucket/{name}"), name) == ROWS


def test_a_list_without_header_is_read_from_a_url(bucket):
    bucket.pipe("/bucket/list.txt", b"a.png\nb.png\n")
    assert read_cells("memory://bucket/list.txt") == [["a.png"], ["b.png"]]


def test_a_table_that_is_not_there_is_named_by_its_whole_url(bucket):
    bucket.pipe("/bucket/x", b"")
    with pytest.raises(UsageError, match=r"memory://bucket/gone\.parquet: cannot read this manifest") as caught:
        read_table("memory://bucket/gone.parquet", "manifest")
    assert "\n" not in str(caught.value)
