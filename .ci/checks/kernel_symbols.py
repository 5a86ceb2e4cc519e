"""kernel_symbols.py BUILD: no kernel object holds anything that another object could share.

Compiles the kernel objects of a CMake build again, without optimization, so that nothing hides by
being inlined. A function that is weak (inline, or a template, with external linkage) is merged with
its namesakes in objects built for other instruction sets, and a processor without those then runs
into it. A static initializer runs at load, whatever the processor.
"""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import elf

# The compiler itself calls these.
BUILTINS = {"memcpy", "memmove", "memset", "memcmp", "_GLOBAL_OFFSET_TABLE_"}
INITIALIZERS = re.compile(r"\.(preinit_array|init_array|ctors)")


def compiled_without_optimization(entry: dict[str, str]) -> Path:
    """Runs a command of compile_commands.json with -O0; returns the object's path."""
    command = shlex.split(entry["command"])
    target = Path(entry["directory"], Path(entry["file"]).stem + ".O0.o")
    command[command.index("-o") + 1] = str(target)
    subprocess.run([*command, "-O0"], cwd=entry["directory"], check=True)
    return target


def faults(path: Path, isa: str) -> list[str]:
    """What the object must not have, each as a sentence."""
    export = f"fastdense::{isa}::kKernels"
    found = [f"section {name}" for name in elf.sections(path) if INITIALIZERS.match(name)]
    exported = set()
    for symbol in elf.symbols(path):
        if symbol.section == "UND":
            if symbol.name not in BUILTINS:
                found.append(f"needs {symbol.name}")
        elif symbol.binding == "GLOBAL":
            exported.add(symbol.name)
        elif symbol.binding != "LOCAL":
            found.append(f"{symbol.binding.lower()} symbol {symbol.name}")
    if exported != {export}:
        found.append(f"exports {sorted(exported)}, expected only {export}")
    return found


def main() -> int:
    """Checks every kernels/isa_*.cpp of the build."""
    entries = json.loads(Path(sys.argv[1], "compile_commands.json").read_text())
    failed = False
    for entry in entries:
        source = Path(entry["file"])
        if source.parent.name != "kernels" or not source.name.startswith("isa_"):
            continue
        isa = source.stem.removeprefix("isa_")
        found = faults(compiled_without_optimization(entry), isa)
        failed = failed or bool(found)
        compiler = Path(shlex.split(entry["command"])[0]).name
        print(f"{compiler} {isa}: {'; '.join(found) or 'clean'}")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
