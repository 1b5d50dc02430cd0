"""The Typer application: joins the commands. Nothing heavy is imported here."""

from typing import Annotated

import typer

from iqa_cli import __version__
from iqa_cli.commands import compare, distort, eval, model_list, score, train, weight_files
from iqa_cli.commands.engine_options import with_engine_options

app = typer.Typer(
    help="How good an image looks, the way people would say it.",
    epilog="Start with: iqa score reference.png distorted.png --model iqt",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("score", epilog=score.EPILOG)(with_engine_options(score.score))
app.command("eval", epilog=eval.EPILOG)(with_engine_options(eval.evaluate))
app.command("compare", epilog=compare.EPILOG)(with_engine_options(compare.compare))
app.command("train", epilog=train.EPILOG)(train.train)
app.command("distort", epilog=distort.EPILOG)(distort.distort)
app.command("models")(model_list.models)
app.add_typer(weight_files.app, name="weights")


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"iqa {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show a traceback with an error; goes anywhere.")] = False,
) -> None:
    """How good an image looks, the way people would say it."""
