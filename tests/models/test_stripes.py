"""Maps computed stripe by stripe against the whole, by the layers and models themselves."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from iqa_cli.models.backbones import import_timm, resnet50
from iqa_cli.models.layers import mean_and_deviation
from iqa_cli.models.stripes import CellMeans, Chain, Stripes, joined, rows_of


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(0)


def layers():
    import_timm()
    from timm.layers import Conv2dSame

    yield "convolution", nn.Conv2d(4, 6, 3, padding=1)
    yield "pixel by pixel", nn.Conv2d(4, 6, 1)
    yield "strided", nn.Conv2d(4, 4, 5, stride=2, padding=2, groups=4)
    yield "stride longer than the window", nn.Conv2d(4, 6, 1, stride=2)
    yield "padding of TensorFlow", Conv2dSame(4, 6, 3, stride=2)
    yield "wide padding of TensorFlow", Conv2dSame(4, 4, 5, stride=2, groups=4)
    yield "stride of 3", Conv2dSame(4, 6, 4, stride=3)
    yield "pooling", nn.MaxPool2d(3, stride=2, padding=1)
    yield "oblong", nn.Conv2d(4, 6, (3, 5), stride=(1, 2), padding=(1, 2))


@pytest.mark.parametrize("layer", [pytest.param(layer, id=name) for name, layer in layers()])
@pytest.mark.parametrize("height", [21, 22, 23])
@torch.no_grad()
def test_a_layer_gives_by_stripes_what_it_gives_of_the_whole(layer, height):
    images = torch.randn(2, 4, height, 18)
    expected = layer(images)
    for rows in (1, 2, 5, height):
        work = rows_of(layer, height)
        assert work.height == expected.shape[2]
        assert torch.allclose(joined(work(stripe) for stripe in images.split(rows, dim=2)), expected, atol=1e-5)


@torch.no_grad()
def test_stripes_of_uneven_height_are_taken_as_they_come():
    layer, images = nn.Conv2d(3, 4, 5, stride=2, padding=2), torch.randn(1, 3, 40, 9)
    work = rows_of(layer, 40)
    assert torch.allclose(joined(map(work, images.split([1, 20, 2, 3, 14], dim=2))), layer(images), atol=1e-5)


@pytest.mark.parametrize("stride_in_1x1", [False, True])
@torch.no_grad()
def test_resnet_gives_by_stripes_what_it_gives_of_the_whole(stride_in_1x1):
    net, images = resnet50(stride_in_1x1=stride_in_1x1).eval(), torch.rand(1, 3, 77, 65)
    net.layer2, net.layer3, net.layer4 = net.layer2[:2], net.layer3[:1], net.layer4[:1]  # one of each kind: quicker
    trunk = Chain((net,), 77)
    expected = net(images)
    found = joined(trunk(stripe) for stripe in images.split(10, dim=2))
    assert torch.allclose(found, expected, atol=1e-4 * expected.abs().max().item())


@torch.no_grad()
def test_means_and_deviations_of_cells_are_gathered_from_rows():
    features = torch.randn(2, 3, 31, 29)
    gathered = CellMeans((4, 3))
    for rows in features.split(7, dim=2):
        gathered.add(rows)
    for found, expected in zip(gathered.mean_and_deviation(), mean_and_deviation(features, (4, 3)), strict=True):
        assert torch.allclose(found, expected, atol=1e-5)
    assert torch.allclose(gathered.mean(), F.adaptive_avg_pool2d(features, (4, 3)), atol=1e-6)


@pytest.mark.parametrize("name", ["triq", "triq-lite"])
@pytest.mark.parametrize(("height", "width", "rows"), [(201, 150, 64), (90, 333, 31), (64, 64, 1)])
@torch.no_grad()
def test_a_model_gives_by_stripes_what_it_gives_of_the_whole(name, height, width, rows, trained, photo):
    model = trained(name).model
    images = torch.from_numpy(photo(height, width)).permute(2, 0, 1)[None] / 255
    images = torch.cat([images, images.flip(2)])
    expected = model.logits(images)
    found = model.logits(Stripes(height, width, images.split(rows, dim=2)))
    assert torch.allclose(found, expected, atol=2e-4)
    assert torch.allclose(found.softmax(-1), expected.softmax(-1), atol=1e-5)


@torch.no_grad()
def test_cells_of_stripes_are_those_of_the_whole(trained, photo):
    model = trained("triq-lite").model
    images = torch.from_numpy(photo(175, 130)).permute(2, 0, 1)[None] / 255
    (outputs, cells), (_, expected) = (
        model.outputs_and_cells(given) for given in (Stripes(175, 130, images.split(40, dim=2)), images)
    )
    assert outputs.shape == (1, 5) and torch.allclose(cells, expected, atol=1e-4)
