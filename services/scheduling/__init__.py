"""Scheduling: when and where the circle meets, and what is recorded of the meeting afterwards.

Owns preparations, conferences (no. 1, 2, ... of a case), date polls and their answers, the venue, the checklist
and the attendance; of the private part of a conference it stores when it began and ended, and nothing else.
Publishes `scheduling.*` (preparation, poll, conference, clock); has network notify people
(`network.notify-people.v1`). Consumes from intake the case and its coordinator, from network who belongs to the
case and when the circle is ready.
"""
