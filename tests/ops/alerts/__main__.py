"""Write the rules files."""

from tests.ops.alerts.files import FOLDER, files

for name, text in files().items():
    (FOLDER / name).write_text(text)
