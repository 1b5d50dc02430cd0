"""Runs the cells of `iqa.ipynb` and keeps what they print: `python examples/run_notebook.py`, no Jupyter needed.

A cell ends, as in a notebook, with what it shows: an expression, of which the text is kept, and of a frame the table.
"""

import ast
import contextlib
import io
import json
import os
from pathlib import Path
from typing import Any

NOTEBOOK = Path(__file__).with_name("iqa.ipynb")


def run(cells: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """What each code cell prints and shows, as a notebook keeps it."""
    names: dict[str, Any] = {}
    return [executed("".join(cell["source"]), names) for cell in cells if cell["cell_type"] == "code"]


def executed(source: str, names: dict[str, Any]) -> list[dict[str, Any]]:
    """The outputs of one cell."""
    tree, shown, printed = ast.parse(source), None, io.StringIO()
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    with contextlib.redirect_stdout(printed):
        exec(compile(tree, NOTEBOOK.name, "exec"), names)
        if isinstance(last, ast.Expr):
            shown = eval(compile(ast.Expression(last.value), NOTEBOOK.name, "eval"), names)
    outputs: list[dict[str, Any]] = []
    if printed.getvalue():
        outputs.append({"output_type": "stream", "name": "stdout", "text": lines(printed.getvalue())})
    if shown is not None:
        data = {"text/plain": lines(repr(shown))}
        if hasattr(shown, "to_html"):
            data["text/html"] = lines(shown.to_html(float_format="{:.3f}".format))
        outputs.append({"output_type": "execute_result", "execution_count": None, "data": data, "metadata": {}})
    return outputs


def lines(text: str) -> list[str]:
    """Text as notebooks keep it."""
    return text.splitlines(keepends=True)


def main() -> None:
    """Run all cells, and write the notebook with what they gave."""
    os.chdir(NOTEBOOK.parents[1])
    notebook = json.loads(NOTEBOOK.read_text(encoding="utf-8"))
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    for number, (cell, outputs) in enumerate(zip(cells, run(notebook["cells"]), strict=True), 1):
        for output in outputs:
            if "execution_count" in output:
                output["execution_count"] = number
        cell["outputs"], cell["execution_count"] = outputs, number
    NOTEBOOK.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
