"""Records to write, and short ways to write them and to read them back."""

import io
import json

import pandas as pd
import pyarrow.parquet as pq

from iqa_cli.output import Columns, choose_format, open_writer
from iqa_cli.records import Job, ModelInfo, Record, Score, ScoreRange

COLUMNS = Columns(paired=True, extra=None, models=("iqt", "psnr"), constants={"luma": "bt601", "crop_border": 0})
SINGLE = Columns(paired=False, extra=None, models=("triq",))
MODELS = (ModelInfo("iqt", ScoreRange(0.0, 1.0)), ModelInfo("psnr", ScoreRange(0.0, None)))
META = {"iqa": "1.0", "weights": {"iqt": "abc"}}
FILES = ("csv", "json", "jsonl", "parquet")

GOOD = Record(
    Job("a/1.png", "a/ref.png", {"mos": "3.2"}),
    {"iqt": Score(0.25, details={"crops": 3}), "psnr": Score(30.5)},
)
EQUAL = Record(
    Job("a/ref.png", "a/ref.png", {"mos": "5"}),
    {"iqt": Score(0.75), "psnr": Score(None, "infinite")},
    notes=("alpha on white", "16 bits"),
)
FAILED = Record(Job("gone.png", "a/ref.png", {"mos": "1"}), error="gone.png: no such file, check it")
RECORDS = (GOOD, EQUAL, FAILED)


class RecordingStream(io.StringIO):
    """A pipe that remembers what had reached it at each flush."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def flush(self):
        self.seen.append(self.getvalue())


class FakeTerminal(io.StringIO):
    def isatty(self):
        return True


def written(format, records=RECORDS, columns=COLUMNS, models=MODELS, stream=None):
    stream = stream or io.StringIO()
    with open_writer(format, None, columns, META, models, stdout=stream) as writer:
        for record in records:
            writer.write(record)
    return stream.getvalue()


def write_file(path, records, columns=COLUMNS, kept=()):
    format = choose_format(None, path, stdout_is_tty=False)
    with open_writer(format, path, columns, META, MODELS, kept) as writer:
        for record in records:
            writer.write(record)


def json_rows(path):
    text = path.read_text(encoding="utf-8")
    return json.loads(text)["rows"] if path.suffix == ".json" else [json.loads(x) for x in text.splitlines()]


def images(path):
    column = "distorted"
    if path.suffix == ".parquet":
        return pq.read_table(path).column(column).to_pylist()
    if path.suffix == ".csv":
        return pd.read_csv(path)[column].tolist()
    return [row[column] for row in json_rows(path)]
