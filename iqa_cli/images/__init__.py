"""Images in: any supported file to RGB float32 in [0, 1], and two images to one size."""

from iqa_cli.ground.picture_formats import IMAGE_SUFFIXES
from iqa_cli.images.headers import pixel_count
from iqa_cli.images.loader import ImagePolicy, LoadedImage, load_image
from iqa_cli.images.sizes import SIZE_RULES, match_sizes

__all__ = ["IMAGE_SUFFIXES", "SIZE_RULES", "ImagePolicy", "LoadedImage", "load_image", "match_sizes", "pixel_count"]
