"""Why a photograph is bad: which known flaws have left their traces in what a model saw of it, and where.

flaws → spoiling: what there is to know, and how examples of it are made. evidence → explainers: from features of cells
to probabilities, and the file of a head that belongs to a model's weights. stitching: cells of crops on one grid.
explanation: what a person is told.
"""
