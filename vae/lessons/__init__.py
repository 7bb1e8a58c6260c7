"""Lessons: predict, experiment, explain. A Markdown file with settings becomes JSON that every page shows the same way.

format       what may stand in a lesson's file, with the line of each mistake
reading      the text of a file -> a lesson, or its mistakes
translating  a lesson's texts in another language, put in their places
measured     what checkpoints measure: the value of each fact
answers      a lesson as JSON, its facts filled in and its checks tried
checking     whether a lesson tells the truth on this machine
library      the folders of lessons: shipped ones and a teacher's own
readability  how hard a lesson is to read
routes       GET and POST <base>/lab/lesson, and the list of lessons
"""
