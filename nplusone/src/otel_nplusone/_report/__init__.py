"""Write the result of a scan as text, JSON, Markdown or SARIF."""
