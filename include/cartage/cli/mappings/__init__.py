"""Commands that show, check and change the rules for ship methods and SKUs."""
