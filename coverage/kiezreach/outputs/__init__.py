"""Write what an analysis found: tables, layers, maps and the manifest."""
