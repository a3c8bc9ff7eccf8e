"""What the watchdog checks: orders, runs and stock, with the texts and business hours that the checks use."""
