"""What goes otherwise than in the first story: eight stories, here on one timeline."""

from deploy.demo.story import Story
from deploy.stories.changed_agreement import changed_agreement
from deploy.stories.coming_of_age import coming_of_age
from deploy.stories.early_review import early_review
from deploy.stories.late_bottom_line import late_bottom_line
from deploy.stories.no_plan_at_first import no_plan_at_first
from deploy.stories.people import at_the_ring
from deploy.stories.postponed_twice import postponed_twice
from deploy.stories.refused_plan import refused_plan
from deploy.stories.without_meeting import without_meeting

EXCEPTIONS = (
    postponed_twice,
    no_plan_at_first,
    without_meeting,
    late_bottom_line,
    refused_plan,
    changed_agreement,
    early_review,
    coming_of_age,
)


async def story(s: Story) -> None:
    """What goes otherwise."""
    await at_the_ring(s, *EXCEPTIONS)
