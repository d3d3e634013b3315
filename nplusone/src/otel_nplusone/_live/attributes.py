"""What NPlusOneSpanProcessor adds to an entry span; `nplusone.detected` is what to search for."""

DETECTED = "nplusone.detected"
CLASS = "nplusone.class"
STATEMENTS = "nplusone.statements"
REPEATS = "nplusone.repeats"
FINGERPRINT = "nplusone.fingerprint"
CODE = "nplusone.code"
CODE_PATH = "nplusone.code.path"
