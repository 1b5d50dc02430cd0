"""`iqa export`: a trained model as a file that other programs run."""

from pathlib import Path
from typing import Annotated

import typer

from iqa_cli.command_options.shared_options import Overwrite, Quiet
from iqa_cli.errors import UsageError
from iqa_cli.registry import BUILT_IN
from iqa_cli.terminal import Terminal

EXPORTED = ", ".join(spec.name for spec in BUILT_IN if spec.exports)
EPILOG = """Examples:

iqa export triq-lite -o triq-lite.onnx

iqa export triq-lite --html scorer.html --runtime onnxruntime-web-1.30.0.tgz

The ONNX file takes RGB, N x H x W x 3, and gives scores; the page is made with what `npm pack
onnxruntime-web@1.30.0` fetches once. docs/export.md tells more.

Exit codes: 0 written, 2 wrong use, 4 no weights."""


def export(
    model: Annotated[str, typer.Argument(metavar="MODEL", help=f"What to write: {EXPORTED}.")],
    output: Annotated[Path | None, typer.Option("--output", "-o", help="FILE.onnx to write.")] = None,
    weights: Annotated[
        Path | None, typer.Option("--weights", metavar="FILE", help="Use this weight file; no network.")
    ] = None,
    offline: Annotated[bool, typer.Option("--offline", envvar="IQA_OFFLINE", help="Never download weights.")] = False,
    pixels: Annotated[
        str, typer.Option("--pixels", help="What the file takes: uint8, 0 to 255, or float32, 0 to 1.")
    ] = "uint8",
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="One page that scores in a browser, all inside.")
    ] = None,
    runtime: Annotated[
        Path | None,
        typer.Option(
            "--runtime",
            metavar="PATH",
            envvar="IQA_RUNTIME",
            help="The npm package onnxruntime-web for --html: the file of `npm pack`, or a folder.",
        ),
    ] = None,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
) -> None:
    """Write a trained model as one ONNX file or one page, from pixels to score: no Python is needed to run it."""
    if output is None and html is None:
        raise UsageError(f"name the file to write: iqa export {model} -o {model}.onnx, or --html {model}.html")
    from iqa_cli.exporting.model_file import write_onnx
    from iqa_cli.model_export import check_files, write_scorer
    from iqa_cli.weights import load_trained

    terminal = Terminal(quiet=quiet)
    spec = check_files(model, output, html, reads=[weights, runtime], pixels=pixels, overwrite=overwrite)
    if html is not None:  # first: it needs more, and nothing is written where that is not there
        write_scorer(spec, html, runtime, weights, offline)
        typer.echo(html)
        terminal.info(f"{html.stat().st_size / 1e6:.1f} MB; open it in a browser, no network is needed")
    if output is not None:
        write_onnx(spec, load_trained(spec, weights, offline), output, pixels)
        typer.echo(output)
        terminal.info(f"{output.stat().st_size / 1e6:.1f} MB; docs/export.md tells how to run it")
