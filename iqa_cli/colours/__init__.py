"""What code values mean: colours told by ICC profiles or by numbers, and their way to sRGB. No file is opened here."""
