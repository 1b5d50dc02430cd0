"""The options of the pictures that show where a model looked."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from typer import Option

from iqa_cli.command_options.option_groups import OptionGroup
from iqa_cli.command_options.shared_options import MAPPED, OUTPUT
from iqa_cli.output.map_names import check_maps, maps_there
from iqa_cli.records import Job
from iqa_cli.registry import Spec

if TYPE_CHECKING:
    from iqa_cli.output.map_files import MapWriter


@dataclass(frozen=True)
class MapOptions(OptionGroup):
    """Where maps are drawn, if anywhere."""

    map: Annotated[
        Path | None,
        Option(
            "--map",
            metavar="DIR",
            help=f"Also draw where a model looked, over each image, into DIR: {MAPPED} (extra: plot).",
            rich_help_panel=OUTPUT,
        ),
    ] = None
    map_data: Annotated[
        bool, Option("--map-data", help="With --map: the maps as .npy too.", rich_help_panel=OUTPUT)
    ] = False

    def check(self, specs: Sequence[Spec]) -> None:
        """Raises UsageError where there is nothing to draw, or nowhere to."""
        check_maps(self.map, self.map_data, specs)

    def there(self, jobs: Iterable[Job] | None, specs: Sequence[Spec]) -> list[Path]:
        """The maps that a run would draw anew: see `maps_there`."""
        return [] if self.map is None else maps_there(self.map, jobs, specs)

    def writer(self, jobs: Iterable[Job], warn: Callable[[str], None]) -> "MapWriter | None":
        """Who draws, for `jobs` and others; None where nobody asked. Raises MissingExtraError without matplotlib."""
        if self.map is None:
            return None
        from iqa_cli.output.map_files import MapWriter

        return MapWriter(self.map, self.map_data, warn, jobs)
