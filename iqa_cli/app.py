"""The Typer application: joins the commands. Nothing heavy is imported here."""

from typing import Annotated

import typer

from iqa_cli import __version__
from iqa_cli.command_options.cluster_options import RayCommand
from iqa_cli.command_options.option_groups import with_groups
from iqa_cli.commands import compare, distort, encode, eval, export, model_list, rank, score, train, weight_files


def _flowing(epilog: str) -> str:
    """The text under a command's help, each paragraph one line: the terminal breaks it, by its own width."""
    return "\n\n".join(paragraph.replace("\n", " ") for paragraph in epilog.split("\n\n"))


app = typer.Typer(
    help="How good an image looks, the way people would say it.",
    epilog="Start with: iqa score reference.png distorted.png --model iqt",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("score", cls=RayCommand, epilog=_flowing(score.EPILOG))(with_groups(score.score))
app.command("eval", epilog=_flowing(eval.EPILOG))(with_groups(eval.evaluate))
app.command("compare", epilog=_flowing(compare.EPILOG))(with_groups(compare.compare))
app.command("rank", epilog=_flowing(rank.EPILOG))(with_groups(rank.rank))
app.command("train", epilog=_flowing(train.EPILOG))(train.train)
app.command("encode", epilog=_flowing(encode.EPILOG))(with_groups(encode.encode))
app.command("distort", epilog=_flowing(distort.EPILOG))(distort.distort)
app.command("export", epilog=_flowing(export.EPILOG))(export.export)
app.command("models")(model_list.models)
app.add_typer(weight_files.app, name="weights")


def _version(context: typer.Context, wanted: bool) -> None:
    if wanted:
        typer.echo(f"iqa {__version__}")
        if context.obj:  # --debug
            typer.echo(_facts())
        raise typer.Exit


def _facts() -> str:
    """What a report of a fault should tell: versions, system and device."""
    import platform
    from importlib.metadata import PackageNotFoundError, version

    lines = [f"Python {platform.python_version()}", platform.platform()]
    for package in ("torch", "timm", "numpy", "scipy", "pillow", "typer"):
        try:
            lines.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            lines.append(f"{package} is not installed")
    try:
        from iqa_cli.executing.device import choose_device, describe

        lines.append(f"device {describe(choose_device('auto'))}")
    except Exception as error:  # a broken torch is a fact, too
        lines.append(f"device unknown: {type(error).__name__}: {error}")
    return "\n".join(lines)


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            callback=_version,
            is_eager=True,
            help="Print the version; with --debug also the facts that a report needs.",
        ),
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show a traceback with an error; goes anywhere.")] = False,
) -> None:
    """How good an image looks, the way people would say it."""
    from iqa_cli.process import typed
    from iqa_cli.registry import plugins
    from iqa_cli.terminal import Terminal

    terminal = Terminal(quiet=not {"-q", "--quiet"}.isdisjoint(typed()))
    for problem in plugins().problems:
        terminal.warn(problem)
