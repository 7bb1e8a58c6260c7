"""What pictures show and how much they hold, whichever model made them.

complexity  image -> length when it is compressed
classifier  pictures of digits -> which digits they show
quality     features of real pictures and of samples -> precision, recall, Fréchet distance
"""
