"""Sound inputs beside images, one of each kind that `iqa` reads, and the command that reads it."""

import json
import os
import sys
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from forked import forked
from PIL import Image

TESTS = Path(__file__).parents[2] / "tests"
sys.path[:0] = [str(TESTS), str(TESTS / "weights")]

import layouts  # noqa: E402
from miniature import TOML  # noqa: E402

from iqa_cli.__main__ import main  # noqa: E402
from iqa_cli.errors import IqaError  # noqa: E402

LABELS = (".txt", ".csv", ".mat", ".xlsx", ".xls")
PSNR = ("-m", "psnr")
NAMES = [f"d{number}.png" for number in range(6)]


@dataclass(frozen=True)
class Case:
    """An input: its kind, its folder, the file that is damaged, and what reads it.

    `front` is how many of its bytes are damaged, from the start; 0: all.
    """

    kind: str
    folder: Path
    file: str
    call: Callable[[], Any]
    front: int = 0
    kept: dict[str, bytes] = field(default_factory=dict)

    @property
    def path(self) -> Path:
        """The file that is damaged."""
        return self.folder / self.file


def cases(root: Path) -> Iterator[Case]:
    """All cases, each in a folder of its own below `root`, made as they are asked for."""
    root.mkdir(parents=True, exist_ok=True)
    for make in (_tables, _results, _parts, _recipes, _labels, _weights):
        yield from make(root)


def iqa(*words: str) -> Callable[[], None]:
    """The command, in this process."""
    return lambda: main([*words])


def _folder(root: Path, name: str) -> Path:
    """With a reference and six distorted pictures in it."""
    folder = root / name
    folder.mkdir(parents=True)
    rng = np.random.default_rng(1)
    Image.fromarray(rng.integers(0, 256, (48, 64, 3), np.uint8)).save(folder / "r.png")
    for name in NAMES:
        Image.fromarray(rng.integers(0, 256, (48, 64, 3), np.uint8)).save(folder / name)
    return folder


def _made(folder: Path, *words: str) -> None:
    """Run a command in a folder, to have its output."""
    ending = forked(lambda: (os.chdir(folder), main([*words])), folder.parent / "said.txt")
    assert ending.code == 0, (words, ending.said)


def _table(rows: list[dict[str, Any]], form: str, path: Path) -> None:
    import pandas

    frame = pandas.DataFrame(rows)
    if form == "jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    elif form == "json":
        path.write_text(json.dumps(rows, indent=1))
    elif form == "csv":
        frame.to_csv(path, index=False)
    else:
        (frame.to_parquet if form == "parquet" else frame.to_excel)(path, index=False)


def _tables(root: Path) -> Iterator[Case]:
    rows = [{"reference": "r.png", "distorted": name, "mos": 4.5 - k / 2, "type": "a"} for k, name in enumerate(NAMES)]
    for form in ("csv", "jsonl", "json", "xlsx", "parquet"):
        folder = _folder(root, f"manifest {form}")
        _table(rows, form, folder / f"m.{form}")
        yield Case(f"manifest, {form}", folder, f"m.{form}",
                   iqa("score", "--manifest", f"m.{form}", *PSNR, "-o", "out.csv"))  # fmt: skip
    for form in ("csv", "jsonl", "parquet"):
        folder = _folder(root, f"scores {form}")
        scores = [{"distorted": name, "psnr": 20 + k / 3} for k, name in enumerate(NAMES)]
        _table(scores, form, folder / f"s.{form}")
        _table(rows, "csv", folder / "m.csv")
        yield Case(f"score file, {form}", folder, f"s.{form}",
                   iqa("eval", "--manifest", "m.csv", "--scores", f"s.{form}", "--resamples", "20"))  # fmt: skip
    folder = _folder(root, "rated")
    _table(rows, "csv", folder / "m.csv")
    yield Case("rated manifest", folder, "m.csv", iqa("eval", "--manifest", "m.csv", *PSNR, "--resamples", "20"))
    folder = _folder(root, "test list")
    _table(rows, "csv", folder / "m.csv")
    (folder / "list.txt").write_text("\n".join(NAMES) + "\n")
    words = ("--manifest", "m.csv", "--test-list", "list.txt", *PSNR, "--resamples", "20")
    yield Case("test list", folder, "list.txt", iqa("eval", *words))
    folder = _folder(root, "tar")
    with tarfile.open(folder / "a.tar", "w") as tar:
        for name in NAMES:
            tar.add(folder / name, name)
            (folder / "key.json").write_text('{"mos": 3, "type": "a"}')
            tar.add(folder / "key.json", name.replace(".png", ".json"))
    yield Case("tar", folder, "a.tar", iqa("score", "r.png", "a.tar", *PSNR, "-o", "out.csv"))


def _results(root: Path) -> Iterator[Case]:
    """Outputs of a run that are read again."""
    score = ("score", "r.png", *NAMES, *PSNR)
    for form in ("csv", "jsonl", "json", "parquet"):
        folder = _folder(root, f"resume {form}")
        _made(folder, "score", "r.png", *NAMES[:3], *PSNR, "-o", f"out.{form}")
        yield Case(f"--resume, {form}", folder, f"out.{form}", iqa(*score, "-o", f"out.{form}", "--resume"))
        folder = _folder(root, f"baseline {form}")
        _made(folder, *score, "-o", f"b.{form}")
        yield Case(f"--baseline, {form}", folder, f"b.{form}", iqa(*score, "--baseline", f"b.{form}"))
    folder = _folder(root, "run file")
    _made(folder, "score", "r.png", *NAMES[:3], *PSNR, "-o", "out.csv")
    (name,) = (file.name for file in folder.iterdir() if file.name.endswith(".run.json"))
    yield Case("run file", folder, name, iqa(*score, "-o", "out.csv", "--resume"))


def _parts(root: Path) -> Iterator[Case]:
    score = ("score", "r.png", *NAMES, *PSNR, "-o", "out/")
    for suffix in ("_run.json", ".jsonl", "_SUCCESS"):
        folder = _folder(root, f"parts {suffix}")
        _made(folder, *score)
        name = next(file.name for file in (folder / "out").iterdir() if file.name.endswith(suffix))
        yield Case(f"folder of parts, {suffix}", folder, f"out/{name}", iqa(*score))
    folder = _folder(root, "parts read")
    _made(folder, *score)
    name = next(file.name for file in (folder / "out").iterdir() if file.name.endswith(".jsonl"))
    yield Case("part as --baseline", folder, f"out/{name}", iqa(*score[:-2], "--baseline", "out/"))


def _recipes(root: Path) -> Iterator[Case]:
    folder = root / "recipe"
    folder.mkdir()
    (folder / "r.toml").write_text(TOML.format(steps=4, batch=2))

    def read() -> None:
        from iqa_cli.training.recipe import load_recipe

        _as_command(lambda: load_recipe("r.toml"))

    yield Case("recipe", folder, "r.toml", read)


def _labels(root: Path) -> Iterator[Case]:
    """The label files of every data set, read and audited as `iqa eval` does."""
    for name, write in layouts.WRITERS.items():
        folder = root / f"labels {name}"
        folder.mkdir()
        write(folder)
        files = [file for file in sorted(folder.rglob("*")) if file.suffix in LABELS]
        for file in files[:3]:
            yield Case(f"labels of {name}", folder, str(file.relative_to(folder)), partial(_audited, name))


def _audited(name: str) -> None:
    from iqa_cli.evaluation.rated import checked, from_dataset

    _as_command(lambda: checked(from_dataset(name, Path()), files=False, skip_bad=True))


def _weights(root: Path) -> Iterator[Case]:
    import torch
    from test_import_anse import write_anse
    from weight_entries import IQT_C, SMALL, entry_of

    from iqa_cli.weights.state_dicts import save_weights

    into = "-o", "o.safetensors", "--offline"
    folder = _folder(root, "weights")
    torch.manual_seed(0)
    tensors = IQT_C.build(SMALL).state_dict()
    save_weights(folder / "w.safetensors", "iqt-c", SMALL, tensors, half=True)
    (header,) = np.frombuffer((folder / "w.safetensors").read_bytes()[:8], "<u8")
    big = ("-m", "iqt-c", "--weights", "w.safetensors", "--on-size-mismatch", "crop")
    yield Case("weights, safetensors", folder, "w.safetensors",
               iqa("score", "r.png", "d0.png", *big), front=int(header) + 8)  # fmt: skip
    folder = _folder(root, "checkpoint")
    small = {name: torch.zeros(2, 2) for name in ("conv_enc.weight", "projection.0.weight", "module.a")}
    write_anse(folder / "c.pth", small)
    yield Case("checkpoint, pth", folder, "c.pth", iqa("weights", "import", "c.pth", *into))
    folder = _folder(root, "keras")
    import h5py

    with h5py.File(folder / "c.h5", "w") as file:
        for name in ("conv1_conv/kernel:0", "pos_emb:0"):
            file[f"layer/{name}"] = np.zeros((4, 4), np.float32)
    yield Case("checkpoint, h5", folder, "c.h5", iqa("weights", "import", "c.h5", *into))
    folder = _folder(root, "catalogue")
    (folder / "weights.toml").write_text(entry_of(folder / "r.png"))

    def listed() -> None:
        import iqa_cli.weights.weight_list as weight_list

        weight_list.catalogue_path = lambda package=None: Path("weights.toml")
        main(["weights", "list"])

    yield Case("weights.toml", folder, "weights.toml", listed)
    folder = _folder(root, "encoded")
    _made(folder, "encode", "r.png", "-m", "iqt-lite", "-o", "r.iqaref")
    data = (folder / "r.iqaref").read_bytes()
    (header,) = np.frombuffer(data[:8], "<u8")
    yield Case("encoded references", folder, "r.iqaref",
               iqa("score", "r.iqaref/r.png", "d0.png", "-m", "iqt-lite"), front=int(header) + 8)  # fmt: skip


def _as_command(read: Callable[[], Any]) -> None:
    """Errors as the command tells them."""
    try:
        read()
    except IqaError as error:
        print(error, file=sys.stderr)
        sys.exit(error.exit_code)
    except OSError as error:
        print(error, file=sys.stderr)
        sys.exit(1)
