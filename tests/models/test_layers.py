"""The Transformer's layers against torch.nn's, and closed forms."""

import pytest
import torch
from networks import close
from torch import nn

from iqa_cli.models.layers import Attention, DecoderLayer, EncoderLayer, FeedForward, Tokens


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(0)


def copy_attention(ours, theirs):
    with torch.no_grad():
        for part in ("weight", "bias"):
            inputs = [getattr(layer, part) for layer in (ours.query, ours.key, ours.value)]
            getattr(theirs, f"in_proj_{part}").copy_(torch.cat(inputs))
            getattr(theirs.out_proj, part).copy_(getattr(ours.out, part))


def copy_layer(ours, theirs):
    """Weights of our encoder or decoder layer into torch.nn's; both in eval mode."""
    copy_attention(ours.attention, theirs.self_attn)
    if isinstance(ours, DecoderLayer):
        copy_attention(ours.cross_attention, theirs.multihead_attn)
        theirs.norm3.load_state_dict(ours.norm3.state_dict())
    theirs.linear1.load_state_dict(ours.ffn.first.state_dict())
    theirs.linear2.load_state_dict(ours.ffn.second.state_dict())
    theirs.norm1.load_state_dict(ours.norm1.state_dict())
    theirs.norm2.load_state_dict(ours.norm2.state_dict())
    for parameter in (*ours.parameters(), *theirs.parameters()):
        parameter.requires_grad_(False)
    ours.eval(), theirs.eval()


@torch.no_grad()
def randomise_norms(layer):
    for norm in layer.modules():
        if isinstance(norm, nn.LayerNorm):
            norm.weight.uniform_(0.5, 1.5)
            norm.bias.normal_()


THEIRS = {"dropout": 0.1, "batch_first": True, "norm_first": False}


@pytest.mark.parametrize("activation", ["gelu", "relu"])
def test_an_encoder_layer_is_torchs_post_norm_encoder_layer(activation):
    ours = EncoderLayer(32, 4, 64, activation, eps=1e-3)
    randomise_norms(ours)
    theirs = nn.TransformerEncoderLayer(32, 4, 64, activation=activation, layer_norm_eps=1e-3, **THEIRS)
    copy_layer(ours, theirs)
    x = torch.randn(2, 7, 32)
    close(ours(x), theirs(x))


@pytest.mark.parametrize("causal", [False, True])
def test_a_decoder_layer_is_torchs_post_norm_decoder_layer(causal):
    ours = DecoderLayer(32, 4, 64, causal=causal)
    randomise_norms(ours)
    theirs = nn.TransformerDecoderLayer(32, 4, 64, activation="gelu", **THEIRS)
    copy_layer(ours, theirs)
    x, memory = torch.randn(2, 7, 32), torch.randn(2, 9, 32)
    mask = nn.Transformer.generate_square_subsequent_mask(7) if causal else None
    close(ours(x, memory), theirs(x, memory, tgt_mask=mask))


@torch.no_grad()
@pytest.mark.parametrize("causal", [False, True])
def test_the_first_token_alone_is_what_it_is_among_all(causal):
    layer = DecoderLayer(32, 4, 64, causal=causal).eval()
    x, memory = torch.randn(2, 7, 32), torch.randn(2, 9, 32)
    close(layer(x, memory, first_only=True), layer(x, memory)[:, :1])


@torch.no_grad()
def test_heads_may_be_wider_than_their_share():
    attention = Attention(32, 4, head_dim=24)
    x = torch.randn(2, 7, 32)
    q, k, v = (f(x).view(2, 7, 4, 24).transpose(1, 2) for f in (attention.query, attention.key, attention.value))
    mixed = torch.softmax(q @ k.mT / 24**0.5, dim=-1) @ v
    close(attention(x, x), attention.out(mixed.transpose(1, 2).reshape(2, 7, 96)))


@torch.no_grad()
@pytest.mark.parametrize(
    ("activation", "theirs"), [("relu", nn.ReLU()), ("gelu", nn.GELU()), ("gelu-tanh", nn.GELU(approximate="tanh"))]
)
def test_a_feed_forward_is_two_linear_layers_around_its_activation(activation, theirs):
    ours = FeedForward(8, 16, activation, out=5)
    x = torch.randn(3, 8)
    close(ours(x), nn.Sequential(ours.first, theirs, ours.second)(x))


@torch.no_grad()
def test_tokens_run_row_by_row_behind_the_quality_token_and_take_the_first_positions():
    tokens = Tokens(1 + 12, 4)
    tokens.quality.fill_(-1)
    tokens.positions.copy_(torch.arange(13.0).view(1, 13, 1) / 100)
    rows_and_columns = torch.stack([torch.arange(2).view(2, 1).expand(2, 3), torch.arange(3).expand(2, 3)]).float()
    features = torch.cat([rows_and_columns, torch.zeros(2, 2, 3)])[None]
    sequence = tokens(features)
    content = sequence - torch.arange(7.0).view(1, 7, 1) / 100
    close(content[0, 0], torch.full((4,), -1.0))
    close(content[0, 1:, :2], torch.tensor([[r, c] for r in (0.0, 1.0) for c in (0.0, 1.0, 2.0)]))


def test_attention_is_compiled_without_a_break_in_its_graph():
    layer, tokens = Attention(8, 2).eval(), torch.randn(1, 3, 8, generator=torch.Generator().manual_seed(0))
    compiled = torch.compile(layer, fullgraph=True, backend="eager")
    close(compiled(tokens, tokens), layer(tokens, tokens))
