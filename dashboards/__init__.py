"""Build Grafana's dashboards from code: `python -m dashboards.build` writes dashboards/json."""
