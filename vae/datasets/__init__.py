"""Images to learn from. Each module imports only from those above it.

splits       images and labels in train, validation and test splits; cut and binarised
pictures     folders and zips of picture files -> uint8 arrays; no file is trusted
embedded     data sets without files: digits, sprites
official     files of published data sets -> splits
downloads    fetches those files, and reads them once before they are kept
user_images  folders and zips of the user's own pictures -> splits
made         data sets made by a command from openly licensed packages -> splits
registry     name or path -> data set
drawing      where a data set places what is drawn; images resized for another set's models
"""
