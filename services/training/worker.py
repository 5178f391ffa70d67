"""The workflows and activities of training."""

from services.training.operations import erasing
from services.training.workflows import WORKFLOWS
from shared.housekeeping import Sweep

workflows = WORKFLOWS
sweeps = {"registrations": Sweep(find=erasing.over_their_time, attend=erasing.erase_in_time)}
