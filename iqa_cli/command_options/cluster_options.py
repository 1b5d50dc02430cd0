"""Options of a run on a cluster."""

from dataclasses import dataclass, replace
from importlib.util import find_spec
from typing import Annotated, Any

from typer import Option
from typer.core import TyperCommand

from iqa_cli.cluster.cluster_address import OPTION, check_address, with_address
from iqa_cli.cluster.to_cluster import ToCluster
from iqa_cli.command_options.engine_options import WHERE
from iqa_cli.command_options.option_groups import OptionGroup
from iqa_cli.command_options.output_options import OutputOptions
from iqa_cli.command_options.parts_options import PartsOptions
from iqa_cli.errors import MissingExtraError, UsageError
from iqa_cli.parts.destinations import Destination, ToParts


@dataclass(frozen=True)
class ClusterOptions(OptionGroup):
    """Which cluster."""

    ray: Annotated[
        str | None,
        Option(
            OPTION,
            metavar="[ADDRESS]",
            help="Score by Ray into the parts of -o FOLDER/: on this machine, or on the cluster at ADDRESS "
            "(auto, HOST:PORT, ray://HOST:PORT).",
            rich_help_panel=WHERE,
        ),
    ] = None

    def destination(
        self, parts: PartsOptions, outputs: OutputOptions, format: str | None, stdout_is_tty: bool
    ) -> Destination:
        """Where rows go: as `PartsOptions.destination` says, and with `--ray` as parts of all shards.

        Raises:
            UsageError: what is asked for does not go together.
        """
        if self.ray is None:
            return parts.destination(outputs, format, stdout_is_tty)
        check_address(self.ray)
        if parts.shard is not None:
            raise UsageError(f"{OPTION} scores all shards: leave out --shard")
        to = replace(parts, shard=None).destination(outputs, format, stdout_is_tty)
        if not isinstance(to, ToParts):
            raise UsageError(
                f"{OPTION} writes parts into a folder that all nodes have: give -o FOLDER/ or -o s3://.../"
            )
        if find_spec("ray") is None:
            raise MissingExtraError(OPTION, "ray")
        return ToCluster(**vars(to), address=self.ray)


class RayCommand(TyperCommand):
    """A command whose `--ray` needs no value."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """As of any command, after the value of `--ray` has been found."""
        return super().parse_args(ctx, with_address(args))
