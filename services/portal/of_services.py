"""What services call their own things: the lengths that an organisation sets, in Dutch, and emails, by their subjects.

`python -m deploy.catalogue` writes both from their declarations.
"""

import json
from pathlib import Path

FILE = Path(__file__).with_suffix(".json")
_READ = json.loads(FILE.read_text("utf-8"))
# By service and name.
LENGTHS: dict[str, dict[str, str]] = _READ["lengths"]
# By service, kind and language of staff.
_SUBJECTS: dict[str, dict[str, dict[str, str]]] = _READ["emails"]


def email_name(service: str, kind: str, language: str) -> str:
    """Return what a kind of email is called; the kind itself if the service is newer than the portal."""
    return _SUBJECTS[service].get(kind, {}).get(language, kind)
