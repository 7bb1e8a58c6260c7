"""What may stand in a lesson's file.

mistakes    a mistake in a file: its line and one sentence
nodes       YAML with line numbers: the settings of a lesson, each taken by its key
rich        Markdown's paragraphs, lists, emphasis, code and links as trees of texts
facts       names of numbers, such as `KL of mnist-z2`, and assertions on them
links       a step's link: a page of the app and its parameters
parameters  which parameters a page knows, and which values of them fit a checkpoint
"""
