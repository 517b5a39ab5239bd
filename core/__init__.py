"""Casegate's core: everything but the screens. Read `core.consult` first; it is the spine."""
