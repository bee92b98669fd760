"""What the build adds to the wheel: Swagger UI's files, so that the mock's documentation page needs no further package.

They are compressed: installed, the mock alone has a bound on its size (.ci/try-wheel).
"""

from __future__ import annotations

import gzip
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

_FILES = ("swagger-ui.css", "swagger-ui-bundle.js", "favicon-32x32.png")


class BuildWithSwaggerUi(build_py):
    """Builds the packages, and puts Swagger UI (Apache-2.0) beside the documentation page, without its 10 MB of source maps."""

    def run(self) -> None:
        """Build; an editable install has the package `swagger_ui_bundle` instead."""
        super().run()
        if self.editable_mode:
            return
        from swagger_ui_bundle import swagger_ui_path

        folder = Path(self.build_lib) / "mockserver" / "api" / "swagger_ui"
        folder.mkdir(parents=True, exist_ok=True)
        for name in _FILES:
            content = (Path(swagger_ui_path) / name).read_bytes()
            (folder / f"{name}.gz").write_bytes(gzip.compress(content, mtime=0))


setup(cmdclass={"build_py": BuildWithSwaggerUi})
