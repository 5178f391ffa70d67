"""An organisation to look at: `kring up --example` plays it on an empty installation on one machine."""
