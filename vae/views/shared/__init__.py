"""What all views use. Each module imports only from those above it.

palette     the colours of classes and curves
scripts     the addresses of the browser's scripts and styles
words       the dictionaries of the languages other than English
models      what is said about a model: its name in words, its numbers, a strip of pictures
families    models that were trained alike in all but β
comparison  what is said about models side by side: words, nats, dimensions that follow each other
terms       what is said of every word and number: sentence, formula, code
pages       the views: address, title, question, script and styles
"""
