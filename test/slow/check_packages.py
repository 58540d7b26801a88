"""Validates packages of the BioImage Model Zoo; `passed` would need a program that runs tensorflow_js, and none does."""
import sys
from bioimageio.spec import load_description, ValidationContext
bad = 0
for file in sys.argv[1:]:
    d = load_description(file, format_version="discover")
    s = d.validation_summary
    print(file, s.status, type(d).__name__, d.format_version if hasattr(d,'format_version') else '')
    for det in s.details:
        for e in det.errors: print('  error', e.loc, e.msg[:300])
        for w in det.warnings: print('  warning', w.loc, w.msg[:200])
    bad += s.status not in ("passed", "valid-format")
sys.exit(bad)
