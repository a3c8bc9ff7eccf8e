"""Why a lane's orders are skipped."""
