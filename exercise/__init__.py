"""Draw a fault, serve the clinic with it, and grade who finds and repairs it.

lessons/   what each fault is, and what the grader wants to hear: the solutions
served/    the code that the clinic runs during an exercise, under neutral names
grade/     the diagnosis and the repair, judged
page/      the situation, the hints and the answer in a browser
"""
