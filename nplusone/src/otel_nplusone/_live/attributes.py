"""Name what NPlusOneSpanProcessor adds to an entry span; search for `nplusone.detected`."""

DETECTED = "nplusone.detected"
CLASS = "nplusone.class"
STATEMENTS = "nplusone.statements"
REPEATS = "nplusone.repeats"
FINGERPRINT = "nplusone.fingerprint"
CODE = "nplusone.code"
CODE_PATH = "nplusone.code.path"
