"""The audit for administrators: looked at, exported, checked at its end, and anchored in the log."""
