"""Rules: functions from values to values, with the time handed in; standard library only."""
