"""What all services of Kring stand on: transactions, events, workflows, HTTP, keys. It knows no service."""
