"""Writes the dashboards."""

from tests.ops.dashboards import FOLDER, files

for name, text in files().items():
    (FOLDER / name).write_text(text)
