"""Run the faults that are named, or all of them: `python -m bench.faults [NAME …]`."""

import json
import pkgutil
import sys
from importlib import import_module
from pathlib import Path

from bench.faults.scene import DATABASES, break_under_load

HELPERS = ("__main__", "clients", "mail", "scene", "servers")
names = sys.argv[1:] or [
    module.name for module in pkgutil.iter_modules([str(Path(__file__).parent)]) if module.name not in HELPERS
]
failures = 0
for name in names:
    fault = import_module(f"bench.faults.{name}")
    for database in DATABASES:
        line = break_under_load(name, database, fault.happen, **getattr(fault, "SCENE", {}))
        failures += bool(line["lost"] or line["doubled"])
        print(json.dumps(line), flush=True)
sys.exit(failures > 0)
