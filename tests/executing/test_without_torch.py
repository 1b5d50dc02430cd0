"""What a run imports: no torch where formulas of NumPy do, by the command and from Python."""

import subprocess
import sys

import numpy as np
import pytest
from command_line import ENVIRONMENT
from PIL import Image
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from iqa_cli.engine.session import open_session
from iqa_cli.errors import UsageError
from iqa_cli.executing.formula_executor import FormulaExecutor
from iqa_cli.options.run_options import EngineOptions
from iqa_cli.registry import find_model

PROGRAM = """
import sys
from iqa_cli.__main__ import main
try:
    main(sys.argv[1:])
finally:
    print("heavy:", *sorted({"torch", "timm", "scipy", "pandas", "matplotlib"} & set(sys.modules)))
"""


@pytest.fixture
def folder(tmp_path):
    """Two pairs in ref/ and dist/, and masks of them in masks/."""
    draw = np.random.default_rng(0)
    for name in ("a", "b"):
        reference = draw.integers(0, 256, (180, 170, 3), dtype=np.uint8)
        worse = np.clip(reference + draw.normal(0, 9, reference.shape), 0, 255).astype(np.uint8)
        mask = np.full((180, 170), 255, np.uint8)
        mask[:3] = 0
        for place, pixels in (("ref", reference), ("dist", worse), ("masks", mask)):
            (tmp_path / place).mkdir(exist_ok=True)
            Image.fromarray(pixels).save(tmp_path / place / f"{name}.png")
    return tmp_path


def ended(folder, code, *arguments):
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], cwd=folder, env=ENVIRONMENT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(
    "asked",
    [
        "ref dist -m psnr,ssim,ms-ssim --mask masks -o rows.jsonl",
        "ref/a.png dist/a.png -m psnr,ssim --protocol matlab-y4 --box 10,10,90,90 --device cpu -f json",
        "ref/a.png dist/a.png -m ssim --protocol wang-ssim --threads 2 --fail-below 0.1",
    ],
)
def test_the_command_scores_the_classical_models_without_torch(folder, asked):
    out = ended(folder, PROGRAM, "score", *asked.split())
    assert out.splitlines()[-1] == "heavy:"


def test_comparing_by_the_classical_models_needs_no_torch(folder):
    out = ended(folder, PROGRAM, "compare", "ref/a.png", "dist/a.png", "ref/b.png", "-m", "psnr")
    assert "torch" not in out.splitlines()[-1]


def test_frames_of_classical_scores_need_no_torch(folder):
    code = "import sys, iqa_cli; rows = iqa_cli.score('ref', 'dist', models=['psnr']); print(len(rows), end=' '); "
    assert ended(folder, f"{code}print('torch' in sys.modules)") == "2 False\n"


def test_what_numpy_gives_is_what_scikit_image_gives(folder):
    code = "import sys, iqa_cli; rows = iqa_cli.score('ref', 'dist', models=['psnr', 'ssim'], protocol='skimage'); "
    psnr, ssim = map(float, ended(folder, f"{code}print(rows.psnr[0], rows.ssim[0])").split())
    reference, worse = (np.asarray(Image.open(folder / place / "a.png")) for place in ("ref", "dist"))
    assert psnr == pytest.approx(peak_signal_noise_ratio(reference, worse), abs=1e-6)
    assert ssim == pytest.approx(structural_similarity(reference, worse, channel_axis=-1), abs=1e-6)


def test_beside_a_model_of_torch_the_classical_ones_stay_with_numpy_on_a_cpu():
    session = open_session([find_model("psnr"), find_model("gmsd")], EngineOptions(device="cpu"))
    assert [isinstance(executor, FormulaExecutor) for executor in session.executors] == [True, False]
    assert session.meta["device"] == "cpu" and {"numpy", "torch"} <= set(session.meta)


def test_a_device_is_asked_of_torch_for_the_classical_models_too():
    with pytest.raises(UsageError, match="--device cuda:99: this machine shows"):
        open_session([find_model("psnr")], EngineOptions(device="cuda:99"))
