"""Run by QGIS's own Python: opens a GeoPackage as a planner does and tells what QGIS shows."""

import json
import sys

from qgis.core import QgsApplication, QgsProject, QgsVectorLayer

application = QgsApplication([], False)  # noqa: FBT003 - no window
application.initQgis()
file = sys.argv[1]

alone = QgsVectorLayer(f"{file}|layername=gaps", "gaps", "ogr")
_, styled = alone.loadDefaultStyle()
storage = QgsApplication.projectStorageRegistry().projectStorageFromType("geopackage")
(name,) = storage.listProjects(f"geopackage:{file}")
project = QgsProject.instance()
opened = project.read(f"geopackage:{file}?projectName={name}")
tree = project.layerTreeRoot()
json.dump(
    {
        "styled": styled,
        "title": alone.metadata().title(),
        "aliases": {f.name(): alone.attributeAlias(i) for i, f in enumerate(alone.fields())},
        "project": name,
        "opened": opened,
        "crs": project.crs().authid(),
        "layers": [
            {
                "name": layer.name(),
                "valid": layer.isValid(),
                "features": layer.featureCount(),
                "crs": layer.crs().authid(),
                "shown": tree.findLayer(layer).isVisible(),
                "alias": layer.attributeAlias(1),
            }
            for layer in tree.layerOrder()
        ],
    },
    sys.stdout,
)
