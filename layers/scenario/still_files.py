"""Files of what stands still: districts, base map, compounds, hospitals; each in the frame its owner works in."""

from datetime import date

import numpy as np
import pandas as pd

from geo import datum
from layers.scenario.city import City
from layers.scenario.outbox import Outbox, shifted

COMPOUND_COLUMNS = ["compound_id", "name", "aliases", "addresses", "areas", "district", "street", "community", "households", "population", "buildings", "geometry"]  # fmt: skip
KINDS = {
    "designated": "定点医院",
    "fangcang": "方舱医院",
    "fever_clinic": "发热门诊",
    "testing": "检测机构",
    "isolation": "集中隔离点",
    "candidate": "备选场馆",
}


def send_city(outbox: Outbox, city: City, day: date) -> None:
    """Send the four static files on `day`, early in the morning."""
    districts = shifted(city.districts[["code", "name", "name_en", "population", "geometry"]], "gcj02")
    outbox.send("districts", day, "07:00", "districts.geojson", districts, source="市自然资源和规划局", datum="gcj02")
    outbox.send("basemap", day, "07:10", "basemap.geojson", city.basemap, source="市自然资源和规划局", datum="wgs84")
    compounds = shifted(city.compounds[COMPOUND_COLUMNS], "gcj02")
    for column in ("aliases", "addresses", "areas"):
        compounds[column] = [";".join(values) for values in compounds[column]]
    outbox.send("compounds", day, "07:20", "compounds.gpkg", compounds, source="市民政局", datum="gcj02")
    outbox.send("hospitals", day, "07:30", "hospitals.csv", _hospitals(city), source="市卫生健康委", datum="bd09")


def _hospitals(city: City) -> pd.DataFrame:
    rows = city.hospitals
    lon, lat = datum.from_wgs84(rows["lon"], rows["lat"], "bd09")
    return pd.DataFrame(
        {
            "医院编码": rows["hospital_id"],
            "名称": rows["name"],
            "别名": [";".join(names) for names in rows["aliases"]],
            "类别": rows["kind"].map(KINDS),
            "区": rows["district"],
            "等级": rows["level"],
            "可设床位": rows["capacity"].where(rows["capacity"] > 0),
            "经度": np.round(lon, 6),
            "纬度": np.round(lat, 6),
        }
    )
