"""Grade an answer as a whole: `make exercise-check`, and the page's button."""

from exercise import answers
from exercise.draw import DECOYS
from exercise.grade import diagnosis, repair
from exercise.grade.marks import Grade
from exercise.places import Folder
from harness.processes import Processes


def check(folder: Folder) -> Grade:
    """Return the grade of the answer to the exercise that is set; raise ExerciseError."""
    state = folder.state()
    drawn, lesson = state.drawn, state.drawn.lesson
    answer = answers.read(folder.answer)
    marks = diagnosis.judge(answer, lesson, drawn.decoy)
    with Processes(folder.path / "check" / "logs") as processes:
        marks += repair.judge(folder, processes, drawn, answer)
    return Grade(marks=marks, hints=state.hints, told=_told(folder, all(m.right for m in marks)))


def _told(folder: Folder, passed: bool) -> list[str]:
    """Tell what the expert would have looked at; the cause only to who has found it."""
    drawn = folder.state().drawn
    lesson = drawn.lesson
    told = [f"An expert would have looked first at: {lesson.first_look}"]
    if passed:
        told.insert(0, f"The fault was: {lesson.title}.")
        told.append(
            f"The decoy was {DECOYS[drawn.decoy]}, which {diagnosis.DECOY_SAYS[drawn.decoy]}."
        )
    return told
