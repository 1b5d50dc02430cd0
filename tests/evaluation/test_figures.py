"""The plots of `iqa eval`: which files there are, and what can be read in them."""

import sys
import warnings
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image
from reports import constant, dataset, good, inverted, lower_is_better, noisy, report

from iqa_cli.errors import MissingExtraError

matplotlib = pytest.importorskip("matplotlib")
from iqa_cli.evaluation.figures import MOST_TYPES, scatter_figure  # noqa: E402
from iqa_cli.evaluation.report_writing import draw  # noqa: E402

MAGIC = {".png": b"\x89PNG", ".pdf": b"%PDF", ".svg": b"<?xml"}


@pytest.fixture(scope="module")
def one_model():
    return report(dataset({"iqt": good}, types=("blur", "_hidden", "$x$ <b>")))


@pytest.fixture(scope="module")
def four_models():
    models = {"iqt": good, "inverted": inverted, "constant": constant, "lpips": lower_is_better}
    return report(dataset(models, higher={"lpips": False}))


def texts(svg):
    return [" ".join("".join(node.itertext()).split()) for node in ElementTree.parse(svg).iter() if "text" in node.tag]


@pytest.mark.parametrize("suffix", list(MAGIC))
def test_the_suffix_chooses_the_format_and_one_model_is_one_file(one_model, tmp_path, suffix):
    path = tmp_path / f"plot{suffix}"
    assert draw(one_model, path) == [path]
    assert path.read_bytes().startswith(MAGIC[suffix])


def test_a_png_is_drawn_on_and_large_enough_to_read(one_model, tmp_path):
    (path,) = draw(one_model, tmp_path / "plot.png")
    with Image.open(path) as image:
        assert image.width >= 1000 and image.height >= 700
        assert len(image.convert("RGB").getcolors(2**24)) > 100


def test_models_types_curve_and_axes_are_text_in_an_svg(one_model, tmp_path):
    (path,) = draw(one_model, tmp_path / "plot.svg")
    found = texts(path)
    assert {"iqt", "blur", "_hidden", "$x$ <b>", "4-parameter logistic"} <= set(found)
    assert "MOS, higher is better" in found and "score, higher is better" in found
    overall = one_model.datasets[0].summaries["iqt"].overall
    assert any(f"SROCC {overall.value.srocc:.3f}" in text and f"n = {overall.images}" in text for text in found)


def test_only_a_known_scale_of_opinions_is_told_whatever_the_ratings_are_called(tmp_path):
    named, known = dataset({"iqt": good}, name="kadid10k"), replace(dataset({"iqt": good}), scale=(0, 9))
    for one, told in ((named, "MOS, higher is better"), (known, "MOS (0 to 9), higher is better")):
        assert told in texts(draw(report(one), tmp_path / "plot.svg")[0])


def test_several_models_add_their_differences_in_a_numbered_file(four_models, tmp_path):
    paths = draw(four_models, tmp_path / "plot.svg")
    assert [path.name for path in paths] == ["plot-1.svg", "plot-2.svg"]
    scatter, differences = map(texts, paths)
    assert {"score, lower is better", "SROCC not defined, n = 48"} <= set(scatter)
    assert {"straight line", "(the logistic failed)", "4-parameter logistic"} <= set(scatter)
    pair = four_models.datasets[0].differences[0].pairs[0]
    assert f"{pair.difference:+.3f}" in differences and f"{-pair.difference:+.3f}" in differences
    assert {"SROCC", "PLCC", "iqt", "constant"} <= set(differences)


def test_more_models_than_fit_a_figure_are_spread_over_numbered_files(tmp_path):
    models = {f"model {k}": noisy for k in range(5)}
    paths = draw(report(dataset(models, types=(), grouped=False, draws=20)), tmp_path / "plot.svg")
    assert [path.name for path in paths] == ["plot-1.svg", "plot-2.svg", "plot-3.svg"]
    assert "model 3" in texts(paths[0]) and "model 4" in texts(paths[1])


@pytest.mark.parametrize("suffix", [".svg", ".pdf"])
def test_the_same_report_gives_the_same_file(one_model, tmp_path, suffix):
    first, second = (draw(one_model, tmp_path / f"{name}{suffix}")[0].read_bytes() for name in "ab")
    assert first == second


def test_the_curve_of_a_lower_is_better_model_follows_its_points(four_models):
    found = four_models.datasets[0]
    (axes,) = scatter_figure(found, ["lpips"]).axes
    x, y = axes.lines[0].get_data()
    fitted = np.interp(found.scores["lpips"], x, y)
    assert np.corrcoef(fitted, found.mos)[0, 1] > 0.9
    assert y[0] > y[-1]


@pytest.mark.parametrize("count", [3, 25, MOST_TYPES])
def test_every_type_has_a_look_of_its_own_and_the_legend_covers_no_points(count):
    found = dataset({"iqt": good}, draws=10)
    found = replace(found, type=tuple(f"distortion type {k % count}" for k in range(48)))
    figure = scatter_figure(found, ["iqt"])
    figure.draw_without_rendering()
    (legend,), (axes,) = figure.legends, figure.axes
    looks = {(handle.get_color(), handle.get_marker()) for handle in legend.legend_handles[1:]}
    assert len(looks) == count == len(axes.collections)
    box = legend.get_window_extent()
    assert not box.overlaps(axes.get_window_extent())
    assert box.y0 >= 0 and box.x1 <= figure.bbox.width


def test_more_types_than_colours_tell_apart_are_not_coloured():
    found = dataset({"iqt": good}, draws=10)
    found = replace(found, type=tuple(f"type {k}" for k in range(48)))
    figure = scatter_figure(found, ["iqt"])
    assert len(figure.axes[0].collections) == 1
    assert "48 distortion types" in figure.legends[0].get_texts()[-1].get_text()


def test_long_names_stay_inside_the_figure():
    name = "a_model_with_quite_a_long_name_" * 4
    figure = scatter_figure(
        dataset({name: good, "short": noisy}, title="A long title " * 12, draws=10), [name, "short"]
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure.draw_without_rendering()
    drawn = [figure._suptitle, *(axes.title for axes in figure.axes)]
    boxes = [text.get_window_extent() for text in drawn]
    assert all(box.x0 >= 0 and box.x1 <= figure.bbox.width and box.y1 <= figure.bbox.height for box in boxes)
    assert not any(a.overlaps(b) for k, a in enumerate(boxes) for b in boxes[:k])


def test_drawing_leaves_the_settings_of_matplotlib_as_they_were(one_model, tmp_path):
    before = dict(matplotlib.rcParams)
    draw(one_model, tmp_path / "plot.png")
    assert dict(matplotlib.rcParams) == before


def test_without_matplotlib_the_extra_is_named(one_model, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MissingExtraError, match=r"--plot.*iqa-cli\[plot\]"):
        draw(one_model, tmp_path / "plot.png")
