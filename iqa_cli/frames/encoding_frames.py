"""`iqa_cli.encode`: a row for each reference that a file then has."""

from __future__ import annotations

from contextlib import closing
from dataclasses import asdict
from functools import partial
from typing import Unpack

import pandas as pd

from iqa_cli.frames.keywords import Files, Paths, files, frame_of, models_of, terminal_of, texts, warn
from iqa_cli.ground.python_words import in_python, speaks_python
from iqa_cli.guard import protect
from iqa_cli.options.engine_keywords import EngineKeywordsEncoding, StrPath, options_of, shows_engine_keywords
from iqa_cli.plan.references import check_encodable, references_at
from iqa_cli.registry import FIRST, FULL


@speaks_python()
@partial(shows_engine_keywords, keywords=EngineKeywordsEncoding)
def encode(
    *references: Paths,
    output: StrPath,
    models: str = FIRST[FULL],
    recursive: bool = False,
    overwrite: bool = False,
    progress: bool = False,
    **engine: Unpack[EngineKeywordsEncoding],
) -> pd.DataFrame:
    """Encode references once, as `iqa encode` does: the file then stands wherever a folder of references does.

    Args:
        references: one folder, or files, or lists of these.
        output: the file, called `.iqaref`.
        models: the one model that will score: one with crops.
        recursive: look into subfolders.
        overwrite: replace what is there.
        progress: show a bar on a terminal.
        crops, crop_seed, weights, colour, max_pixels, raw, frame, view_size, offline, device, precision, threads: as
            `iqa_cli.load` has them; the runs that score with the file need the same crops and weights.

    Returns:
        A row for each reference: name (in the file), width, height (px), crops, error. `attrs["meta"]` says how it
        came about.

    Raises:
        UsageError: what is asked for cannot be done.
        WeightsError: the model has no trained weights.
    """
    specs, (file,) = models_of(models), files(output)
    check_encodable(specs, file)
    found, messages = references_at(texts(references), recursive)
    how = options_of(engine, specs, EngineKeywordsEncoding)
    protect({"-o": file}, [*found.values(), *how.weights.values()])
    Files(file, overwrite=overwrite).refuse_existing({"-o": file})
    warn(messages)

    from iqa_cli.engine.encoding import encode_references
    from iqa_cli.engine.session import open_session

    session, rows = open_session(specs, how), []
    with (
        terminal_of(progress).progress(len(found), "encoding") as advance,
        closing(encode_references(session, found, file)) as outcomes,
    ):
        for outcome in outcomes:
            advance(1)
            rows.append({**asdict(outcome), "error": outcome.error and in_python(outcome.error)})
    return frame_of(rows, session.meta)
