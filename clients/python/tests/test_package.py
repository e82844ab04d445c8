"""What is published is what is meant to be."""

import subprocess
import sys
import zipfile
from pathlib import Path


def test_the_wheel_has_the_package_its_types_and_its_licences(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "-d", str(tmp_path)]
    subprocess.run(build, cwd=Path(__file__).parent.parent, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as file:
        names = file.namelist()
        (metadata,) = (name for name in names if name.endswith("METADATA"))
        says = file.read(metadata).decode()
    code = ["__init__.py", "_asgi.py", "_client.py", "_fastapi.py", "_wire.py", "py.typed"]
    assert sorted(name for name in names if name.startswith("symbolon/")) == [f"symbolon/{name}" for name in code]
    assert sum("LICENSE" in name for name in names) == 2
    assert "License-Expression: Apache-2.0 OR MIT" in says
    assert "Requires-Dist: httpx<1,>=0.27" in says and says.count("Requires-Dist") == 2
    assert len(list(tmp_path.glob("*.tar.gz"))) == 1
