"""Account numbers as banks write them."""

from stdnum import iban as iban_rules

_BELGIAN = 12


def account_of(written: str) -> str:
    """Return an account as an IBAN, also from an old Belgian number; any other number as it is."""
    account = "".join(character for character in written if character.isalnum()).upper()
    if len(account) == _BELGIAN and account.isascii() and account.isdigit():
        return "BE" + str(iban_rules.calc_check_digits(f"BE00{account}")) + account
    return account[:34]
