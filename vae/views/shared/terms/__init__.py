"""What is said of every word and number of the pages. Each module imports only from those above it.

term       a term: sentence, formula, and where the code is that computes it
latents    codes, their distributions, samples
nats       the parts of −ELBO and what they are compared with
measures   maps, paths, models side by side
training   a model's size, the settings of a run
classes    votes, answers of phones
catalogue  all terms by name; the code of each as JSON
script     names, sentences and formulas as a module of the pages
"""
