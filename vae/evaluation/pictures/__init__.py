"""What pictures show and how much they hold, whichever model made them.

complexity  image -> length when it is compressed
classifier  pictures of digits -> which digits they show
quality     features of real pictures and of samples -> precision, recall, Fréchet distance
samples     model + its priors -> quality of their pictures, and what each costs in nats
"""
