"""The tasks: functions over a trained pyramid, a file each."""
