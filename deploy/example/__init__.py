"""An organisation to look at, with which `kring up` fills an empty directory on one machine."""
