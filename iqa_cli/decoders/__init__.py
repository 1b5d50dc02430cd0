"""From bytes to samples: Pillow, a module for each format that needs more, clips; what cannot be read is named.

`decoding` is the way in; what it gives is a `Raster`, in the colours, depth and turn of the file.
"""
