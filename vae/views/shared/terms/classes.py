"""What a class's pages count: votes in two rounds, and the way of a message."""

from vae.views.shared.terms.term import Script, Term

TERMS = (
    Term(
        "share of the votes",
        "How many of those who have voted in this round chose an option; who has not voted does not count.",
        "{share:share} = {votes:votes for the option} / {all:votes of the round}",
        (Script("classroom/histogram.js", "rowsOf"),),
        article="the",
    ),
    Term(
        "share of right votes",
        "How many of the votes are right, which says what to do: below 35 % give a hint, up to 70 % let them discuss, "
        "above explain.",
        "{share:share} = {right:votes for the right option} / {votes:votes of the round}",
        (Script("classroom/teacher/tally.js", "adviceOf"),),
        article="the",
    ),
    Term(
        "gain between the rounds",
        "How many more votes are right after the discussion, counted from those who voted twice: who went there less "
        "who left.",
        "{gain:gain} = {went:votes that went to the right option} − {left:votes that left it}",
        (Script("classroom/teacher/tally.js", "gainOf"),),
        article="the",
    ),
    Term(
        "time of an answer",
        "How long a message takes from a phone to the app and back, the median of a few: the delay that students see.",
        "{ms:time} = moment of the answer − moment of sending",
        (Script("classroom/check/room-check.js", "takeReply"),),
        article="the",
    ),
)
