"""What the bytes of a picture file say beside its pixels, a module for each format: turn, colours, copies, pictures.

`facts` has the answer that all of them give. Nothing is decoded here; `iso_boxes` reads AVIF and JPEG 2000.
"""
