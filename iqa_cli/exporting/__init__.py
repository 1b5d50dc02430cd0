"""A trained model as one ONNX file: pixels in, score out, no Python needed to run it.

graph → convolutions, transformer, grid_cells → networks → model_file: nodes, the parts that models are made of, whole
models, and the file with what must be known of it. The graphs are written from the weights, node by node, and not by
torch's exporters: these fix what a program decides by the size of an image, such as the cells of a grid.
"""
