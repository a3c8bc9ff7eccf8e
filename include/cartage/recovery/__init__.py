"""Keep a restored, new or foreign ledger from sending what it does not know was sent already."""
