"""An example organisation, with which `kring up` fills an empty directory on one machine."""
