"""What services read from each other over HTTP: published here by its owner, once, as events are in `shared.events`.

One module per owner. The owner's route answers with the model; readers ask by the contract
(`ServiceClient.read`) and get the same model. Fields are only ever added, with a default: one side is always
older than the other.
"""

from shared.contracts.base import COPY_FOR_PERSON, COPY_PATH, Contract, OwnAuditEntry, Published

__all__ = ["COPY_FOR_PERSON", "COPY_PATH", "Contract", "OwnAuditEntry", "Published"]
