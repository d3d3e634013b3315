"""Run a program under watch, without touching its code."""
