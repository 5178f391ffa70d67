"""What each `kring` command does; imported only when that command is typed."""
