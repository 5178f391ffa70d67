"""Personal and free-text fields, sealed in their row with a key of the subject they are about.

Destroying the subject's key makes every sealed field about it unreadable, wherever a copy of the row is.
"""

from shared.vault.declaring import Sealed, sealed_models, subjects_of_case
from shared.vault.fields import SealedFields
from shared.vault.index import BlindIndex, index_subject
from shared.vault.keys import KeyStore, data_key, prepare_key_store
from shared.vault.transit import Transit
from shared.vault.vault import Erased, Vault
from shared.vault.wrapping import MasterKey, VaultError, Wrapper, wrappers_of

__all__ = [
    "BlindIndex",
    "Erased",
    "KeyStore",
    "MasterKey",
    "Sealed",
    "SealedFields",
    "Transit",
    "Vault",
    "VaultError",
    "Wrapper",
    "data_key",
    "index_subject",
    "prepare_key_store",
    "sealed_models",
    "subjects_of_case",
    "wrappers_of",
]
