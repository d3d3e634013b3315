"""Make the few kinds of panel that the dashboards consist of, with one look.

A panel is what a question needs: a title, a sentence for its reader, a unit, and queries.
"""

from typing import TypeVar

from grafana_foundation_sdk.builders import common as common_builder
from grafana_foundation_sdk.builders import dashboard as dashboard_builder
from grafana_foundation_sdk.builders import heatmap as heatmap_builder
from grafana_foundation_sdk.builders import prometheus, stat, statetimeline, table, text, timeseries
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models import common, dashboard, heatmap
from grafana_foundation_sdk.models.prometheus import PromQueryFormat
from grafana_foundation_sdk.models.text import TextMode

# As dashboards/provisioning/datasources names it.
PROMETHEUS = dashboard.DataSourceRef("prometheus", "prometheus")

Query = prometheus.Dataquery
Panel = Builder[dashboard.Panel]
Measured = TypeVar(
    "Measured",
    timeseries.Panel,
    stat.Panel,
    heatmap_builder.Panel,
    table.Panel,
    statetimeline.Panel,
)

WIDE, HALF, THIRD, SIXTH = 24, 12, 8, 4
HEIGHT = 8


def query(expression: str, legend: str = "", *, exemplars: bool = False) -> Query:
    """Make a query over the panel's time; exemplars are points that open a trace."""
    return (
        prometheus.Dataquery()
        .datasource(PROMETHEUS)
        .expr(expression)
        .legend_format(legend)
        .range()
        .exemplar(exemplars)
    )


def latest(expression: str, legend: str = "") -> Query:
    """Make a query for the value of now."""
    return query(expression, legend).instant()


def lines(
    title: str,
    description: str,
    unit: str,
    *queries: Query,
    span: int = HALF,
    limit: float | None = None,
    stacked: bool = False,
) -> Panel:
    """Make a panel of lines, with a dashed red one at `limit`."""
    panel = (
        timeseries.Panel()
        .fill_opacity(30 if stacked else 10)
        .show_points(common.VisibilityMode.NEVER)
        .legend(
            common_builder.VizLegendOptions()
            .show_legend(True)
            .display_mode(common.LegendDisplayMode.LIST)
            .placement(common.LegendPlacement.BOTTOM)
        )
        .min(0)
    )
    if stacked:
        panel.stacking(common_builder.StackingConfig().mode(common.StackingMode.NORMAL))
    if limit is not None:
        panel.thresholds(_limit(limit)).thresholds_style(
            common_builder.GraphThresholdsStyleConfig().mode(common.GraphThresholdsStyleMode.DASHED)
        )
    return _told(panel, title, description, unit, span, queries)


def number(
    title: str,
    description: str,
    unit: str,
    *queries: Query,
    span: int = SIXTH,
    limit: float | None = None,
    height: int = 4,
) -> Panel:
    """Make a panel of one large value, green below `limit` and red from there on."""
    panel = stat.Panel().graph_mode(common.BigValueGraphMode.AREA)
    panel.color_mode(common.BigValueColorMode.VALUE)
    if limit is not None:
        panel.thresholds(_limit(limit))
    return _told(panel, title, description, unit, span, queries, height=height)


def words(
    title: str, description: str, *queries: Query, span: int = SIXTH, height: int = 4
) -> Panel:
    """Make a panel that shows the names of series, not their values."""
    panel = stat.Panel().graph_mode(common.BigValueGraphMode.NONE)
    panel.text_mode(common.BigValueTextMode.NAME)
    return _told(panel, title, description, "none", span, queries, height=height)


def heat(title: str, description: str, unit: str, expression: str, *, span: int = HALF) -> Panel:
    """Make a heatmap of a histogram, with exemplars: dots that open the trace in Jaeger."""
    buckets = query(expression, "{{le}}", exemplars=True).format(PromQueryFormat.HEATMAP)
    panel = (
        heatmap_builder.Panel()
        .calculate(False)
        .color(
            heatmap_builder.HeatmapColorOptions()
            .mode(heatmap.HeatmapColorMode.SCHEME)
            .scheme("Oranges")
            .steps(64)
        )
        .exemplars_color("rgba(255,0,255,0.7)")
        .y_axis(heatmap_builder.YAxisConfig().unit(unit))
        .show_legend()
    )
    return _told(panel, title, description, unit, span, [buckets])


def rows(title: str, description: str, unit: str, expression: str, *, span: int = WIDE) -> Panel:
    """Make a table of the series of now."""
    found = latest(expression).format(PromQueryFormat.TABLE)
    return _told(table.Panel(), title, description, unit, span, [found])


def states(
    title: str, description: str, *queries: Query, span: int = WIDE, height: int = 4
) -> Panel:
    """Make a band for each series, coloured while its value is 1."""
    panel = statetimeline.Panel().show_value(common.VisibilityMode.NEVER).thresholds(_on())
    return _told(panel, title, description, "none", span, queries, height=height)


def prose(title: str, markdown: str, *, span: int = WIDE, height: int = 6) -> Panel:
    """Make a panel of text."""
    return (
        text.Panel()
        .title(title)
        .description("What this page is for.")
        .mode(TextMode.MARKDOWN)
        .content(markdown)
        .span(span)
        .height(height)
    )


def _told(
    panel: Measured,
    title: str,
    description: str,
    unit: str,
    span: int,
    queries: "tuple[Query, ...] | list[Query]",
    *,
    height: int = HEIGHT,
) -> Measured:
    panel.title(title).description(description).unit(unit).span(span).height(height)
    panel.datasource(PROMETHEUS)
    for index, one in enumerate(queries):
        panel.with_target(one.ref_id(chr(ord("A") + index)))
    return panel


def _limit(value: float) -> dashboard_builder.ThresholdsConfig:
    return _steps((None, "green"), (value, "red"))


def _on() -> dashboard_builder.ThresholdsConfig:
    return _steps((None, "transparent"), (1, "blue"))


def _steps(*steps: tuple[float | None, str]) -> dashboard_builder.ThresholdsConfig:
    return (
        dashboard_builder.ThresholdsConfig()
        .mode(dashboard.ThresholdsMode.ABSOLUTE)
        .steps([dashboard.Threshold(value, color) for value, color in steps])
    )
