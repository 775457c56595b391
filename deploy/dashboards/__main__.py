"""Writes the dashboards."""

from deploy.dashboards import FOLDER, files

for name, text in files().items():
    (FOLDER / name).write_text(text)
