"""Makes Grafana's JSON of the YAML beside this file: python k8s/dashboards/build.py [FOLDER].

People change the YAML, Grafana loads the JSON. Panels stand two to a row; `quantiles_of` a histogram draws its median and
one in twenty, of all together or `by` a label. Every query asks one Prometheus, chosen on the dashboard.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Final

import yaml
from grafana_foundation_sdk.builders import dashboard, prometheus, timeseries
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import DataSourceRef

HERE: Final = Path(__file__).parent
_SOURCE: Final = DataSourceRef(type_val="prometheus", uid="${prometheus}")
_SHARES: Final = ((0.5, "half"), (0.95, "19 of 20"))
_WIDE, _HIGH = 12, 8


def built(page: dict[str, Any]) -> str:
    """Return the JSON of a dashboard."""
    source = dashboard.DatasourceVariable("prometheus").type("prometheus").label("Prometheus")
    board = dashboard.Dashboard(page["title"]).uid(page["uid"]).tags(["atelier"]).readonly()
    board = board.refresh("30s").time("now-6h", "now").with_variable(source)
    for name, box in page.get("given", {}).items():
        typed = dashboard.TextBoxVariable(name).label(box["label"]).default_value(box["value"])
        board = board.with_variable(typed)
    for title, panels in page["rows"].items():
        board = board.with_row(dashboard.Row(title))
        for panel in panels:
            board = board.with_panel(_drawn(panel))
    return JSONEncoder(sort_keys=True, indent=2).encode(board.build()) + "\n"


def lines_of(panel: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the (query, legend) of each line of a panel."""
    if "lines" in panel:
        return [(line["query"], line["legend"]) for line in panel["lines"]]
    metric, by = panel["quantiles_of"], panel.get("by")
    labels, legend = (f"le, {by}", f" {{{{{by}}}}}") if by else ("le", "")
    rates = f"sum by ({labels}) (rate({metric}_bucket[$__rate_interval]))"
    return [(f"histogram_quantile({share}, {rates})", name + legend) for share, name in _SHARES]


def _drawn(panel: dict[str, Any]) -> timeseries.Panel:
    drawn = timeseries.Panel().title(panel["title"]).description(panel["tells"])
    drawn = drawn.datasource(_SOURCE).unit(panel["unit"]).min(0).span(_WIDE).height(_HIGH)
    for number, (query, legend) in enumerate(lines_of(panel)):
        line = prometheus.Dataquery().expr(query).legend_format(legend).datasource(_SOURCE)
        drawn = drawn.with_target(line.ref_id(chr(ord("A") + number)))
    return drawn


def main() -> None:
    """Write them all, beside the YAML or into the folder that is named."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE
    for page in sorted(HERE.glob("*.yaml")):
        (folder / page.with_suffix(".json").name).write_text(
            built(yaml.safe_load(page.read_text())), encoding="utf-8"
        )


if __name__ == "__main__":
    main()
