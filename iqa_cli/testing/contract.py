"""The contract itself: one class, whose tests run for every model it is given."""

import math
from collections.abc import Sequence
from dataclasses import is_dataclass
from functools import cache
from typing import Any, ClassVar, cast

import numpy as np
import pytest
import torch
from torch import Tensor

from iqa_cli.errors import ImageError, UsageError, WeightsError
from iqa_cli.executing.executor import Executor
from iqa_cli.executing.pieces import Sample
from iqa_cli.models.attention import Attentive
from iqa_cli.models.base import FullReference, Hinting, NoReference, Student
from iqa_cli.options.crops import CropRule
from iqa_cli.registry import Spec, find_model
from iqa_cli.scorer import Scorer, load
from iqa_cli.testing.pictures import RUINED, noisy, scene
from iqa_cli.weights.others import fetched

# A learned full-reference model ends in a linear layer: it is trained into its range, not held there.
SLACK = 0.5
SMALL_SHAPES = ((0, 0), (37, 53), (32, 700), (300, 33))


class ModelContract:
    """Subclass it as `Test...` with `specs`; every test runs for each of them.

    Attributes:
        specs: the models.
    """

    specs: ClassVar[Sequence[Spec]] = ()

    def photo(self, height: int, width: int, number: int = 0) -> np.ndarray:
        """A picture, uint8 H x W x 3; another for each number."""
        return scene(height, width, number)

    def untrained(self, name: str) -> Scorer:
        """A scorer with the same random weights each time, for what training does not change."""
        return _untrained(name)

    def trained(self, name: str) -> Scorer:
        """A scorer with trained weights; skips the test where there are none."""
        try:
            return load(name, device="cpu", offline=True, crops=2)
        except WeightsError as error:
            pytest.skip(str(error))

    def pytest_generate_tests(self, metafunc: Any) -> None:
        """Give each test its models: those without something that must be installed are skipped."""
        wanted = getattr(metafunc.function, "only", lambda spec: True)
        metafunc.parametrize("spec", [_parameter(spec) for spec in self.specs if wanted(spec)])

    # What is declared

    def test_a_spec_names_a_class_of_its_kind_and_a_frozen_config(self, spec: Spec) -> None:
        """A builder, a configuration, and what the class says of itself."""
        config = spec.default_config()
        assert is_dataclass(config) and cast(Any, config).__dataclass_params__.frozen
        with torch.device("meta"):
            model = spec.build()
        assert isinstance(model, FullReference if spec.full_reference else NoReference)
        assert cast(Any, model).config == config

    def test_what_the_registry_says_of_a_model_is_what_its_class_is(self, spec: Spec) -> None:
        """Maps, crops and border."""
        with torch.device("meta"):
            model = spec.build()
        assert spec.maps == isinstance(model, Attentive)
        assert (spec.guides, spec.guided) == (isinstance(model, Hinting), isinstance(model, Student))
        assert spec.crop == getattr(model.config, "crop", None)  # of a weight file, the crop it was trained with
        assert model.border == 0

    # What it gives

    def test_the_pieces_of_an_image_are_pooled_by_its_model(self, spec: Spec) -> None:
        """The pool of one piece is its score; of several, their mean."""
        model, several = self.untrained(spec.name).model, self._batch(_side(spec), _side(spec), 3)
        with torch.no_grad():
            references = [cast(FullReference, model).encode(several.flip(0))] if spec.full_reference else []
            outputs = model.outputs(*references, several)
            alone = torch.stack([model.pool(output[None]) for output in outputs])
        torch.testing.assert_close(model.pool(outputs), alone.mean())
        torch.testing.assert_close(
            model.pool(outputs[:, None].expand(-1, 2, *outputs.shape[1:])), alone.mean().expand(2)
        )
        facts = model.details(outputs, cropped=True)
        assert (facts["crops"], facts["crop_max"]) == (3, pytest.approx(alone.max().item()))
        assert "crops" not in model.details(outputs, cropped=False)

    def test_what_a_model_learns_from_is_the_score_it_gives(self, spec: Spec) -> None:
        """`predict` and `scores` are `forward`, and the loss is one number an image."""
        model, several = self.untrained(spec.name).model, self._batch(_side(spec), _side(spec), 4)
        references = several[:2].flip(-1)
        asked = (references.repeat_interleave(2, dim=0), several)[-1 - spec.full_reference :]
        with torch.no_grad():
            predicted = model.predict(several, references)
            wanted = model(*asked)
            loss = model.loss(predicted, torch.full((4,), 3.0), torch.full((4, 5), 0.2))
        torch.testing.assert_close(model.scores(predicted), wanted, rtol=1e-4, atol=1e-4)
        assert loss.shape == (4,) and (loss >= 0).all()

    def test_the_same_input_gives_the_same_score(self, spec: Spec) -> None:
        """No chance is left in a score."""
        scorer, pixels = self.untrained(spec.name), self.photo(_side(spec), _side(spec) + 9)
        asked = _asked(spec, pixels, noisy(pixels))
        assert scorer.score(*asked) == scorer.score(*asked)

    def test_an_image_scores_the_same_alone_and_in_any_batch(self, spec: Spec) -> None:
        """A score belongs to its image alone."""
        scorer, side = self.untrained(spec.name), _side(spec)
        pieces = [self.photo(side, side, number) for number in range(3)] + [self.photo(side + 8, side)]
        samples = _samples(spec, pieces)
        alone = [_executor(scorer).score([one])[0].value for one in samples]
        assert len(set(alone)) == len(alone)  # else agreement would say nothing
        for batch_size in (1, 4):
            together = _executor(scorer, batch_size).score(samples)
            assert [score.value for score in together] == pytest.approx(alone, abs=1e-4)

    @pytest.mark.parametrize("shape", SMALL_SHAPES, ids=str)
    def test_any_size_from_the_minimum_on_is_scored(self, spec: Spec, shape: tuple[int, int]) -> None:
        """Odd, narrow and smallest images have a score."""
        height, width = (max(length, spec.minimum) for length in shape)
        pixels = self.photo(height, width)
        assert math.isfinite(self.untrained(spec.name).score(*_asked(spec, pixels, noisy(pixels))))

    def test_an_image_below_the_minimum_costs_its_own_sample_only(self, spec: Spec) -> None:
        """The reason names its size and the smallest."""
        scorer, least = self.untrained(spec.name), spec.minimum
        fits, small = self.photo(least, least), self.photo(least + 9, least - 1)
        first, second, third = _executor(scorer).score(_samples(spec, [fits, small, fits]))
        assert (first.status, second.status, third.status) == ("ok", "error", "ok")
        assert f"{least - 1}x{least + 9}" in second.details["reason"]
        assert f"{spec.name} needs {least} px" in second.details["reason"]
        with pytest.raises(ImageError, match=f"needs {least} px"):
            scorer.score(*_asked(spec, small, noisy(small)))

    cast(Any, test_an_image_below_the_minimum_costs_its_own_sample_only).only = lambda spec: spec.minimum > 1

    def test_a_gradient_reaches_the_distorted_image(self, spec: Spec) -> None:
        """It is finite, and not zero everywhere."""
        reference = self._batch(_side(spec), _side(spec), 1)
        noise = torch.rand(reference.shape, generator=torch.Generator().manual_seed(0))
        distorted = (0.8 * reference + 0.2 * noise).requires_grad_()
        self.untrained(spec.name)(*_asked(spec, reference, distorted)).sum().backward()
        gradient = cast(Tensor, distorted.grad)
        assert gradient.isfinite().all()
        assert gradient.abs().max() > 0

    cast(Any, test_a_gradient_reaches_the_distorted_image).only = lambda spec: spec.gradient

    def test_scores_lie_in_the_declared_range(self, spec: Spec) -> None:
        """Of equal, of slightly worse and of ruined images."""
        scorer, pixels = self.trained(spec.name), self.photo(192, 192)
        slack = SLACK if spec.trained and spec.full_reference else 0
        for worse in (pixels, noisy(pixels, 5), *(ruin(pixels) for ruin in RUINED.values())):
            score = scorer.score(*_asked(spec, pixels, worse))
            assert spec.range.low is None or score >= spec.range.low - slack
            assert spec.range.high is None or score <= spec.range.high + slack

    @pytest.mark.parametrize("ruin", RUINED)
    def test_a_ruined_image_scores_worse(self, spec: Spec, ruin: str) -> None:
        """In the direction that is declared."""
        scorer, pixels = self.trained(spec.name), self.photo(192, 192)
        good = scorer.score(*_asked(spec, pixels, noisy(pixels, 2)))
        bad = scorer.score(*_asked(spec, pixels, RUINED[ruin](pixels)))
        assert bad < good if scorer.higher_is_better else bad > good

    # What it does with a part of an image

    def test_a_box_scores_exactly_as_files_that_were_cut(self, spec: Spec) -> None:
        """Nothing outside a box has a part in its score."""
        side = _side(spec)
        scorer, whole = self.untrained(spec.name), self.photo(side + 30, side + 70)
        asked = _asked(spec, whole, noisy(whole))
        cut = [np.ascontiguousarray(image[20 : 20 + side, 40 : 50 + side]) for image in asked]
        assert scorer.score(*asked, box=(40, 20, side + 10, side)) == scorer.score(*cut)

    def test_a_white_mask_changes_no_score_where_masks_are_taken(self, spec: Spec) -> None:
        """A model that cannot weigh pixels refuses a mask by its name."""
        scorer, pixels = self.untrained(spec.name), self.photo(_side(spec), _side(spec) + 9)
        asked, mask = _asked(spec, pixels, noisy(pixels)), np.ones(pixels.shape[:2])
        if spec.masks:
            assert scorer.score(*asked, mask=mask) == pytest.approx(scorer.score(*asked), abs=1e-6)
        else:
            with pytest.raises(UsageError, match=f"{spec.name} takes no mask"):
                scorer.score(*asked, mask=mask)

    def _batch(self, height: int, width: int, count: int) -> Tensor:
        pieces = np.stack([self.photo(height, width, number) for number in range(count)])
        return torch.from_numpy(pieces.astype(np.float32) / 255).permute(0, 3, 1, 2).contiguous()


def _parameter(spec: Spec) -> Any:
    lacking = f"{spec.missing} is not installed" if spec.missing else "" if fetched(spec) else "weights not fetched"
    skipped = pytest.mark.skipif(bool(lacking), reason=lacking)
    return pytest.param(spec, id=spec.name, marks=skipped)


@cache
def _untrained(name: str) -> Scorer:
    torch.manual_seed(0)
    spec = find_model(name)
    return Scorer(Executor(spec, spec.build(), device=torch.device("cpu"), rule=CropRule(2)))


def _side(spec: Spec) -> int:
    """A side in px that is quick and yet enough."""
    return max(spec.minimum, 64)


def _asked(spec: Spec, reference: Any, worse: Any) -> tuple[Any, ...]:
    """What the model is asked: a pair, or the worse image alone."""
    return (reference, worse) if spec.full_reference else (worse,)


def _executor(scorer: Scorer, batch_size: int | None = None) -> Executor:
    return Executor(scorer.spec, scorer.model, device=torch.device("cpu"), rule=CropRule(2), batch_size=batch_size)


def _samples(spec: Spec, pieces: Sequence[np.ndarray]) -> list[Sample]:
    """Each piece with noise, and the piece itself as reference where the model takes one."""
    unit = [(piece.astype(np.float32) / 255, noisy(piece).astype(np.float32) / 255) for piece in pieces]
    if not spec.full_reference:
        return [Sample(worse) for _, worse in unit]
    return [Sample(worse, piece, f"reference {number}") for number, (piece, worse) in enumerate(unit)]
