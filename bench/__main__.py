"""All measurements, one JSON line each: `python -m bench` runs every module here that has a `measure()`."""

import json
import pkgutil
from importlib import import_module
from pathlib import Path

for module in pkgutil.iter_modules([str(Path(__file__).parent)]):
    if module.name != "__main__" and hasattr(found := import_module(f"bench.{module.name}"), "measure"):
        for line in found.measure():
            print(json.dumps(line), flush=True)
