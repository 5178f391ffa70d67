"""The steps that stories are made of, one module for each part of the road."""

from deploy.demo.steps import case, checks, circle, conference, plan, privacy, training
from deploy.demo.steps.base import STEPS, Part, Step

__all__ = ["STEPS", "Part", "Step", "case", "checks", "circle", "conference", "plan", "privacy", "training"]
