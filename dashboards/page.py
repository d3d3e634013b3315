"""Make what all dashboards have: the way to the others, the strategy's changes, a fixed uid."""

from typing import Any

from grafana_foundation_sdk.builders import dashboard as builder
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models import dashboard

from dashboards.panels import PROMETHEUS, Panel

TAG = "cat-clinic"
# Where the stack listens unless .env says otherwise.
CONTROL = "http://127.0.0.1:8088"
JAEGER = "http://127.0.0.1:16686"
LOCUST = "http://127.0.0.1:8089"
ALERTS = "http://127.0.0.1:9090/alerts"
STORIES = f"{JAEGER}/search?service=cat-clinic&operation=GET%20%2Fsuccess-stories"


class _Annotation(dashboard.AnnotationQuery):
    """Hold an annotation by Prometheus, whose title the SDK's model has no field for."""

    def __init__(self, title: str, **fields: Any) -> None:
        super().__init__(**fields)
        self._title = title

    def to_json(self) -> dict[str, object]:
        return {**super().to_json(), "titleFormat": self._title, "step": "10s"}


class _Marks(Builder[dashboard.AnnotationQuery]):
    """Mark on every panel when an expression of Prometheus has a value."""

    def __init__(self, title: str, **fields: Any) -> None:
        self._title, self._fields = title, fields

    def build(self) -> dashboard.AnnotationQuery:
        return _Annotation(self._title, datasource=PROMETHEUS, **self._fields)


_STRATEGY_CHANGES = _Marks(
    "Success Stories are read by {{clinic_strategy}}",
    name="Changes of strategy",
    icon_color="blue",
    expr="clinic:strategy:begun",
)
_PHASES = _Marks(
    "Phase {{title}}",
    name="Phases of a replay",
    icon_color="purple",
    expr="incident_phase == 1",
)


def page(uid: str, title: str, description: str, *panels: Panel) -> dashboard.Dashboard:
    """Make a dashboard of panels, which fill rows of 24 columns from left to right."""
    made = (
        builder.Dashboard(title)
        .uid(uid)
        .description(description)
        .tags([TAG])
        .timezone("browser")
        .refresh("10s")
        .time("now-15m", "now")
        .tooltip(dashboard.DashboardCursorSync.CROSSHAIR)
        .readonly()
        .annotation(_STRATEGY_CHANGES)
        .annotation(_PHASES)
    )
    for link in _links():
        made.link(link)
    for panel in panels:
        made.with_panel(panel)
    return _numbered(made.build())


def _numbered(made: dashboard.Dashboard) -> dashboard.Dashboard:
    # Numbers of their own, so that an alert or a link can name a panel for good.
    for number, panel in enumerate(made.panels or [], start=1):
        panel.id_val = number
    return made


def _links() -> list[builder.DashboardLink]:
    others = (
        builder.DashboardLink("Dashboards")
        .type(dashboard.DashboardLinkType.DASHBOARDS)
        .tags([TAG])
        .keep_time(True)
    )
    outside = (("Control", CONTROL), ("Jaeger", STORIES), ("Locust", LOCUST), ("Alerts", ALERTS))
    return [
        others,
        *(
            builder.DashboardLink(name)
            .type(dashboard.DashboardLinkType.LINK)
            .icon("external link")
            .url(url)
            .target_blank(True)
            for name, url in outside
        ),
    ]
