"""From the store's ship methods and SKUs to the warehouse's: mapping rules, look-ups, changes and suggestions."""
