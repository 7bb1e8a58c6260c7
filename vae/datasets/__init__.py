"""Images to learn from. Each module imports only from those above it.

pictures     folders and zips of picture files -> uint8 arrays; no file is trusted
registry     named data set -> uint8 images, labels, class names, factors, in train / validation / test splits
drawing      where a data set places what is drawn; images in another set's size and colour
"""
