"""Data sets that `python -m vae data NAME` makes from openly licensed packages, kept below the data directory.

packages  packages of npm's registry, checked against their published hashes
storage   made images with labels and factors: saved whole or not at all, loaded as a memory map
glyphs    letters and digits in hundreds of typefaces
svg       designs in JSON -> drawings -> pixels
faces     drawn faces in colour
emoji     emoji in colour, put together of the parts of others
recipes   name -> how the data set is made
"""
