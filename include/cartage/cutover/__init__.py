"""Take over a store from another system: keep, adopt or import each of its open orders."""
