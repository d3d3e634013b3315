"""Say what is in force now: the latest switch, else what the phase or the replay began with."""

from incident.story.story import Story


def audience_percent(story: Story) -> float | None:
    """Return the share of visitors who get the page; None before the first phase."""
    began = story.phases[-1].begun.audience_percent if story.phases else None
    return _switched(story, "audience", began)


def visitors_per_second(story: Story) -> float | None:
    """Return the rate of visitors; None before the replay has begun."""
    return _switched(story, "load", story.begun.visitors_per_second if story.begun else None)


def _switched(story: Story, what: str, began: float | None) -> float | None:
    """Return the number that the latest switch of this phase begins with."""
    since_s = story.phases[-1].begun.at_s if story.phases and what != "load" else 0.0
    for switch in reversed(story.switches):
        if switch.what == what and switch.at_s >= since_s:
            try:
                return float(switch.now.replace("%", " ").split()[0])
            except (ValueError, IndexError):
                return began
    return began
