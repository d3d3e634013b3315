"""Make the clinic of an exercise: the fault that was drawn, a decoy, and perhaps an answer.

EXERCISE_SEED     what draws
EXERCISE_LESSON   a lesson's name or file, in place of what the seed draws
EXERCISE_ANSWER   a learner's answer; without it the clinic has its fault
"""

import os
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType

from flask import Flask
from jinja2 import ChoiceLoader, FileSystemLoader

from clinic import app as clinic_app
from clinic.settings import Settings
from clinic.stories.names import STRATEGY_NAMES
from clinic.stories.strategies import STRATEGIES, Strategy
from clinic.telemetry import providers as telemetry
from clinic.telemetry import request_stats
from exercise.draw import Draw, draw
from exercise.lesson import load_file, served_module
from exercise.served import decoys

TEMPLATES = Path(__file__).parent / "templates"
# What takes the place of the strategy in force.
READ_CATS = "read_cats"


def create_app() -> Flask:
    """Make the application from the environment, as gunicorn does."""
    drawn = draw(int(os.environ["EXERCISE_SEED"]), os.environ.get("EXERCISE_LESSON", ""))
    code = served_module(drawn.source)
    answer = os.environ.get("EXERCISE_ANSWER")
    given = load_file(Path(answer)) if answer else ModuleType("nothing")
    _replace(code, given)
    # Nothing marks a request for the learner: to find what repeats is the exercise.
    providers = telemetry.from_env(judges=False)
    app = clinic_app.create_app(
        Settings.from_env(), providers, strategies=_strategies(drawn, given)
    )
    assert isinstance(app.jinja_loader, FileSystemLoader)
    # The clinic's own templates come first: what is new has names of its own.
    app.jinja_env.loader = ChoiceLoader([app.jinja_loader, FileSystemLoader(TEMPLATES)])
    app.before_request(_mark_nothing)
    if hasattr(code, "install"):
        code.install(app)
    decoys.install(app, drawn.decoy)
    return app


def _replace(code: ModuleType, given: ModuleType) -> None:
    """Put the answer's functions in the place of those of the same names."""
    for name, value in vars(given).items():
        if callable(value) and callable(getattr(code, name, None)) and name != "install":
            setattr(code, name, value)


def _strategies(drawn: Draw, given: ModuleType) -> Mapping[str, Strategy]:
    """Return the clinic's strategies by their neutral names; an answer replaces the one in force.

    An answer that only names another strategy leaves this to the flag.
    """
    named = {herb: STRATEGIES[name] for herb, name in drawn.neutral(STRATEGY_NAMES).items()}
    replaced = getattr(given, READ_CATS, None)
    if callable(replaced):
        in_force = drawn.lesson.strategy
        named |= {
            herb: replaced
            for herb, name in drawn.neutral(STRATEGY_NAMES).items()
            if name == in_force
        }
    return named


def _mark_nothing() -> None:
    stats = request_stats.current()
    if stats is not None:
        stats.many = 1_000_000_000
