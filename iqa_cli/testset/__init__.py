"""A test set from photographs: photos → references → distorted images → manifest.

Nothing is imported here, so that a worker process is up before NumPy is.
"""
