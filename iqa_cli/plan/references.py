"""References to encode: which images, under which names, by which model."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from iqa_cli.errors import UsageError
from iqa_cli.ground.wording import first_few
from iqa_cli.plan.inputs import check_existence, images_in
from iqa_cli.references.contents import SUFFIX, is_reference_file
from iqa_cli.registry import Spec, all_models
from iqa_cli.storage.access import is_folder
from iqa_cli.storage.names import joined


def check_encodable(specs: Sequence[Spec], output: Path) -> None:
    """Raises UsageError for a model that encodes no crops of a reference, for several, and for a suffix not ours."""
    able = [spec.name for spec in all_models() if spec.full_reference and spec.trained and spec.crop is not None]
    names = [spec.name for spec in specs]
    if len(names) != 1 or names[0] not in able:
        raise UsageError(f"{', '.join(names)}: references are encoded for one model with crops: {', '.join(able)}")
    if output.suffix.lower() != SUFFIX:
        raise UsageError(
            f"-o {output}: call it {output.stem or 'references'}{SUFFIX}, so that it is known for what it is"
        )


def references_at(paths: Sequence[str], recursive: bool) -> tuple[dict[str, str], list[str]]:
    """The paths of references by the names they get in the file, and messages: of what a folder passed over.

    Raises:
        UsageError: nothing is given or there, a folder among other paths, or two files of one name.
    """
    check_existence(paths)
    if encoded := [path for path in paths if is_reference_file(path)]:
        raise UsageError(f"{encoded[0]}: holds references that are encoded already; give the images")
    folders = [path for path in paths if is_folder(path)]
    if folders and len(paths) > 1:
        raise UsageError(f"{folders[0]} is a folder: encode one folder, or files")
    if folders:
        listed = images_in(folders[0], recursive)
        return {name.as_posix(): joined(folders[0], name) for name in listed.pictures}, list(listed.messages)
    names = [Path(path).name for path in paths]
    if twice := [name for name, count in Counter(names).items() if count > 1]:
        raise UsageError(f"{first_few(twice)}: several files have this name; put the references into one folder")
    return dict(zip(names, paths, strict=True)), []
