"""The systems that are compared, the environment of each, and how it is made."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ADAPTERS = Path(__file__).parents[1] / "peer_systems"

REQUIREMENTS: dict[str, tuple[str, ...]] = {
    "planfit": (),
    "autogluon": ("autogluon.tabular[all]==1.6.3", "pyarrow"),
    "flaml": ("flaml[automl,catboost]==2.7.0", "pyarrow"),
    "mljar": ("mljar-supervised==1.3.2", "pyarrow"),
    "lightgbm": ("lightgbm==4.7.0", "scikit-learn", "pandas", "pyarrow"),
}
"""What pip installs for each system; planfit runs in the environment that the benchmark itself runs in."""


@dataclass(frozen=True)
class System:
    """A system as it takes part: ``NAME`` or ``NAME:VARIANT``, a preset or mode in the system's own words."""

    name: str
    interpreter: Path
    adapter: Path

    @property
    def base(self) -> str:
        return self.name.partition(":")[0]

    @property
    def variant(self) -> str | None:
        return self.name.partition(":")[2] or None


def find(names: Sequence[str], envs: Path) -> list[System]:
    """Return the systems by name, each with its interpreter under `envs`."""
    found = []
    for name in names:
        base = name.partition(":")[0]
        if base not in REQUIREMENTS:
            sys.exit(f"There is no system {base!r}. Known: {', '.join(REQUIREMENTS)}.")
        own = interpreter_of(base, envs)
        if not own.exists():
            sys.exit(f"{name} has no environment under {envs}. Add --install, or leave it out of --systems.")
        found.append(System(name, own, ADAPTERS / f"fit_{base}.py"))
    return found


def interpreter_of(base: str, envs: Path) -> Path:
    """Return the interpreter that runs a system."""
    return (envs.absolute() / base / "bin" / "python") if REQUIREMENTS[base] else Path(sys.executable)


def install(names: Sequence[str], envs: Path, constraints: Path | None) -> list[str]:
    """Make the environments that are not there yet; return the systems whose packages could not be installed."""
    failed = []
    for base in dict.fromkeys(name.partition(":")[0] for name in names):
        wanted = "\n".join(REQUIREMENTS.get(base, ()))
        done = envs / base / "installed.txt"
        if not wanted or (done.exists() and done.read_text(encoding="utf-8") == wanted):
            continue
        print(f"installing {base} into {envs / base}", flush=True)
        subprocess.run([sys.executable, "-m", "venv", envs / base], check=True)
        pip = [interpreter_of(base, envs), "-m", "pip", "--disable-pip-version-check", "install", "-q"]
        limited = ["-c", constraints.absolute()] if constraints else []
        if subprocess.run([*pip, *limited, *REQUIREMENTS[base]], check=False).returncode:
            failed.append(base)
        else:
            done.write_text(wanted, encoding="utf-8")
    return failed
