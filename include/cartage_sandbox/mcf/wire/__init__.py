"""How the APIs write what the account holds, and what they refuse."""
